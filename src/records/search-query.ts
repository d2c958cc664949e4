/** What requests are searched by over the administration API, and the reading of all that it finds. */

import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { time } from '../admin/query.ts'
import { defined } from '../core/json.ts'
import { parseUsd } from '../core/money.ts'
import { readStatusFilter, readTextFilter, textFilterHelp } from './filter.ts'
import type { RecordFilters, RecordQuery, RecordStore } from './port.ts'
import type { RequestRecord } from './record.ts'

/** One call looks at some two million records at most; a caller with a rarer wish follows the cursor. */
const maxSteps = 100

const texts = (help = '') =>
  z
    .string()
    .transform(readTextFilter)
    .optional()
    .describe(`${help}${help && ' '}${textFilterHelp}`)

/** The parameters that every search of requests takes. */
export const filterShape = {
  from: time.optional(),
  to: time.optional(),
  route: texts(),
  model: texts('The model that answered or was tried last.'),
  provider: texts(),
  key: texts("The key's id or name."),
  team: z
    .string()
    .max(200)
    .optional()
    .describe("Its id: the requests of its keys, as they are a team's now."),
  user: texts(),
  session: texts(),
  status: z
    .string()
    .transform((text, context) => {
      const filter = readStatusFilter(text)
      if (filter) return filter
      context.addIssue({
        code: 'custom',
        message: 'Write statuses such as `429`, classes such as `5xx`, or `error`.',
      })
      return z.NEVER
    })
    .optional()
    .describe(
      'Statuses, classes such as `5xx`, or `error` for 4xx and 5xx, with commas between; with `!` before: none of them.',
    ),
  code: texts('An error code.'),
  tag: texts(),
  dialect: texts(),
  cache: texts('What the cache did: `hit`, `semantic-hit`, `shared`, `miss` or `off`.'),
  contract: texts('How the answer came to satisfy its schema.'),
  cost_gt: z
    .string()
    .transform((text, context) => {
      const amount = parseUsd(text)
      if (amount !== undefined) return amount
      context.addIssue({ code: 'custom', message: 'Write an amount of USD, such as `0.05`.' })
      return z.NEVER
    })
    .optional()
    .describe('Only what cost more than this, in USD.'),
  ms_gt: z.coerce.number().min(0).optional().describe('Only what took longer than this, in milliseconds.'),
  q: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('Occurs in an id, a name, a tag or the message of the error.'),
}

const filterQuery = z.strictObject(filterShape)

/** The ids of the keys that are these teams'. */
export type KeysOfTeams = (org: string, teams: ReadonlySet<string>) => ReadonlySet<string>

interface Asked {
  readonly org: string
  readonly query: z.output<typeof filterQuery>
  /** Those that a role is in; undefined for one in the whole organisation. */
  readonly teams: ReadonlySet<string> | undefined
}

export function toFilters(asked: Asked, keysOfTeams: KeysOfTeams): RecordFilters {
  const { org, query, teams } = asked
  const { from, to, team: _, cost_gt: cost, ms_gt: ms, q, ...rest } = query
  const keys = keysSeen({ org, team: query.team, teams }, keysOfTeams)
  return {
    org,
    ...defined(rest),
    ...(from !== undefined && { fromMs: from }),
    ...(to !== undefined && { toMs: to }),
    ...(cost !== undefined && { costAboveNanoUsd: cost }),
    ...(ms !== undefined && { durationAboveMs: ms }),
    ...(q !== undefined && { text: q }),
    ...(keys && { keyIds: keys }),
  }
}

interface KeysAsked extends Pick<Asked, 'org' | 'teams'> {
  readonly team: string | undefined
}

/** Whose requests are told: of the team that is asked for, as far as it is seen. Undefined: everybody's. */
export function keysSeen(
  { org, team, teams }: KeysAsked,
  keysOfTeams: KeysOfTeams,
): ReadonlySet<string> | undefined {
  if (team === undefined) return teams && keysOfTeams(org, teams)
  return teams?.has(team) === false ? new Set() : keysOfTeams(org, new Set([team]))
}

/** Steps through the store until the page is full, and lets other requests in between. */
export async function searchAll(
  store: Pick<RecordStore, 'search'>,
  query: RecordQuery,
): Promise<{ data: RequestRecord[]; nextCursor: string | undefined }> {
  const data: RequestRecord[] = []
  let cursor = query.cursor
  for (let step = 0; step < maxSteps; step++) {
    if (step > 0) await setImmediate()
    const limit = query.limit - data.length
    const page = store.search({ ...query, limit, ...(cursor !== undefined && { cursor }) })
    data.push(...page.data)
    cursor = page.nextCursor
    if (cursor === undefined || data.length >= query.limit) break
  }
  return { data, nextCursor: cursor }
}
