/** The views that are timed: each address of the dashboard but those whose data no load makes more of. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'
import { seededRequest } from './seed.ts'

export interface View {
  readonly path: string
  /** A text that is not seen before its data is there. */
  readonly shows: string
}

/** What is made through the administration, by its id. */
export interface Owners {
  readonly team: string
  readonly user: string
}

/** Their size is that of a run, a batch or a golden set, whatever else the gateway holds. */
const ofTheirOwnSize = [
  '/evals/$id',
  '/evals/$id/$case',
  '/experiments/$route',
  '/shadow/$route',
  '/drift/$set',
  '/drift/$set/alarms/$id',
  '/batches/$id',
]

/** Throws where an address of the router has no view here. */
export function viewsOf({ team, user }: Owners): readonly View[] {
  const views = [
    ['/overview', 'of them failed'],
    ['/overview?range=30d', 'of them failed'],
    ['/requests', 'assistant'],
    ['/requests?status=5xx', '503'],
    [`/requests/${seededRequest}`, 'Tokens by part'],
    ['/sessions', 'session-'],
    ['/sessions/session-13', 'The last prompt has'],
    ['/spend?range=30d', 'model-'],
    ['/spend?range=30d&by=user', 'user-'],
    ['/spend?range=30d&by=session', 'session-'],
    ['/budgets', 'Everything'],
    ['/keys', 'declared:bench'],
    ['/keys/declared:bench', 'in 30 days'],
    ['/teams', 'Bench team'],
    [`/teams/${team}`, 'in 30 days'],
    ['/users', 'Bench user'],
    [`/users/${user}`, 'in 30 days'],
    ['/routes', 'assistant'],
    ['/routes/assistant', 'sim/echo'],
    ['/routes/assistant/1', 'sim/echo'],
    ['/providers', 'Requests, 24 h'],
    ['/guardrails', 'No rules'],
    ['/cache', 'The cache was not asked'],
    ['/models', '0 of 0'],
    ['/playground', 'Pick a target and write a message'],
    ['/evals', 'No runs yet'],
    ['/evals/new', 'the prompts and tables that it names'],
    ['/experiments', 'No experiments'],
    ['/shadow', 'Nothing is compared'],
    ['/drift', 'No golden sets'],
    ['/batches', 'No batches'],
    ['/alerts', 'No channel'],
    ['/audit', 'session.open'],
    ['/settings', 'This gateway'],
    ['/welcome', 'Listening for your first request'],
  ].map(([path = '', shows = '']) => ({ path, shows }))
  for (const address of addresses()) {
    const pattern = new RegExp(`^${address.replaceAll(/\$\w+/g, '[^/?]+')}(\\?|$)`)
    const isTimed = views.some(({ path }) => pattern.test(path))
    if (!isTimed && !ofTheirOwnSize.includes(address)) throw new Error(`no view of ${address} is timed`)
  }
  return views
}

/** Read from the router's text: the module itself needs a browser. Its start only leads on. */
function addresses(): string[] {
  const text = readFileSync(resolve(import.meta.dirname, '../../dashboard/src/router.tsx'), 'utf8')
  return [...text.matchAll(/path: '([^']+)'/g)].map(([, path]) => path!).filter((path) => path !== '/')
}
