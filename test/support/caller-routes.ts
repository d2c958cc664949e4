/** Every route on which callers come with a key, found in the sources: a new one is in this list, or fails the tests. */

import { readdirSync, readFileSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { browserCallerRoutes } from '../../src/access/browser-admin.ts'
import { messageBatchRoutes } from '../../src/batch/anthropic-routes.ts'
import { backgroundPrefix, backgroundRoutes } from '../../src/batch/background.ts'
import { deferredRoutes } from '../../src/batch/deferred.ts'
import { batchRoutes, fileRoutes } from '../../src/batch/openai-routes.ts'
import type { CallerRoute } from '../../src/core/caller-route.ts'
import { feedbackCallerRoutes } from '../../src/feedback/caller-routes.ts'
import { dataPaths } from '../../src/http/routes.ts'
import { providerApiMethods } from '../../src/upstream/provider-api.ts'

export interface RouteOfCallers {
  readonly method: string
  readonly path: string
}

const sources = resolve(import.meta.dirname, '../../src')

/** The source files, by their path below `src`, that the text or form stands in. */
export function sourcesWith(form: RegExp): string[] {
  return readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) => form.test(readFileSync(join(sources, file), 'utf8')))
    .toSorted()
}

/** Where routes of callers come from besides the data path, and the rows of each. Parts are of no use to a list. */
const rows: Readonly<Record<string, readonly CallerRoute[]>> = {
  'access/browser-admin.ts': browserCallerRoutes({} as never),
  'batch/anthropic-routes.ts': messageBatchRoutes({} as never),
  'batch/background.ts': backgroundRoutes({} as never),
  'batch/deferred.ts': deferredRoutes({} as never),
  'batch/openai-routes.ts': [...fileRoutes({} as never), ...batchRoutes({} as never)],
  'feedback/caller-routes.ts': feedbackCallerRoutes({} as never),
}

/** What else answers requests on a listener, and why it is none of these: a new one is looked at by somebody. */
export const otherAnswerers: Readonly<Record<string, string>> = {
  'compose/batches.ts': 'the data path, with `x-weir-deferred`',
  'http/admin.ts': 'the administration: roles.test.ts and admin-routes.test.ts',
  'http/caller-routes.ts': 'the rows above',
  'http/dashboard.ts': 'files of the page, the same for everybody',
  'http/side-routes.ts': 'health, metrics, the start page, and the list of models, which is below',
  'http/sign-in.ts': 'signing in: sign-in.test.ts',
  'http/stored-responses.ts': 'stored responses, which are below',
}

export const rowFiles: readonly string[] = Object.keys(rows)

/** What Gemini's clients may ask of a model, by the source of the data routes. */
function geminiVerbs(): string[] {
  const text = readFileSync(join(sources, 'http/routes.ts'), 'utf8')
  return [...text.matchAll(/case '(\w+)':/g)].map(([, verb = '']) => verb)
}

/** Those that may lead to a provider. `{model}` stands for one. */
export const dataRoutes: readonly RouteOfCallers[] = [
  ...dataPaths.map((path) => ({ method: 'POST', path })),
  ...geminiVerbs().map((verb) => ({ method: 'POST', path: `/v1beta/models/{model}:${verb}` })),
  ...providerApiMethods.map((method) => ({ method, path: '/providers/openai/files' })),
]

/** Those that manage what is a caller's own. */
export const ownRoutes: readonly RouteOfCallers[] = [
  ...Object.values(rows)
    .flat()
    .map(({ method, path }) => ({ method, path })),
  ...['GET', 'DELETE'].map((method) => ({ method, path: '/v1/responses/resp_kept' })),
  ...['GET', 'HEAD'].flatMap((method) => ['/v1/models', '/v1/models/{id}'].map((path) => ({ method, path }))),
]

/** An id in the form that the route takes. */
export function filled(path: string): string {
  const id = path.startsWith('/v1/responses/') ? `${backgroundPrefix}none` : 'some-id'
  return path.replace('{id}', id).replace('{model}', 'google%2Fm')
}
