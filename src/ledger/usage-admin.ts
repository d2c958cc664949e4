/** The administration route of reports: what was used, by anything that lines are told apart by. */

import { z } from 'zod'
import { offsetCursor, pageLimit, time } from '../admin/query.ts'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import { defined } from '../core/json.ts'
import { formatUsd } from '../core/money.ts'
import { exactFilter, readTextFilter, textFilterHelp } from '../records/filter.ts'
import { hourMs } from './period.ts'
import type { SharedBooks } from './admin.ts'
import { RecentReports } from './recent-reports.ts'
import {
  type LedgerStore,
  usageDimensions,
  type UsageDimension,
  type UsagePage,
  type UsageRow,
} from './port.ts'
import { withinTeams } from './team-scope.ts'

/** What people call those whom lines name by an id; undefined where that is not known. */
export interface OwnerNames {
  team(id: string): string | undefined
  user(id: string): string | undefined
}

export interface UsageRouteParts {
  readonly store: Pick<LedgerStore, 'usage'>
  /** Where there is one, reports are of all instances. */
  readonly shared?: Pick<SharedBooks, 'usage'> | undefined
  readonly names: OwnerNames
  nowMs(): number
}

const monthMs = 30 * 24 * hourMs

/** `GET /usage`. */
export function usageRoutes({ store: own, shared, names, nowMs }: UsageRouteParts): readonly AdminRoute[] {
  const store = shared ?? own
  const reports = new RecentReports((query) => store.usage(query), nowMs)
  return [
    adminRoute({
      method: 'GET',
      path: '/usage',
      policy: 'usage:read',
      summary: 'Sums of what was used, by any of its dimensions; the dearest first, or by time.',
      query: usageQuery,
      response: z.object({ data: z.array(usageShape), next_cursor: z.string().optional() }),
      async run({ org, teams, query: { by, from, to, limit, cursor = '0', max_age: maxAge, ...given } }) {
        const { team, ...where } = withinTeams(given, teams)
        const filters = Object.fromEntries(
          Object.entries(defined(where)).map(([name, text]) => [name, readTextFilter(text)]),
        )
        // A role in teams names one of them, and never several by a pattern.
        const ofTeam = team === undefined ? {} : { team: teams ? exactFilter(team) : readTextFilter(team) }
        const toMs = to ?? nowMs()
        const offset = Number(cursor)
        const page = await reports.of(maxAge, {
          org,
          by: readDimensions(by),
          fromMs: from ?? toMs - monthMs,
          toMs: Math.max(toMs, (from ?? 0) + 1),
          where: { ...filters, ...ofTeam },
          limit,
          offset,
        })
        return { body: toPage(page, offset, names) }
      },
    }),
  ]
}

const text = (help = '') =>
  z
    .string()
    .optional()
    .describe(`${help}${help && ' '}${textFilterHelp}`)

const usageQuery = z.strictObject({
  by: z
    .string()
    .max(200)
    .default('')
    .describe(
      `Any of ${usageDimensions.join(', ')}, separated by commas; of user, session and tag one at a time.`,
    ),
  from: time.optional().describe('Absent: 30 days before `to`. Part of an hour counts as all of it.'),
  to: time.optional().describe('Exclusive. Absent: now.'),
  provider: text(),
  model: text(),
  route: text(),
  key: text("The key's id or name."),
  team: text('Its id.'),
  user: text(),
  session: text(),
  tag: text(),
  max_age: z.coerce
    .number()
    .int()
    .min(0)
    .max(60)
    .default(0)
    .describe('Seconds: a report this old will do, as where many look at the same one.'),
  limit: pageLimit,
  cursor: offsetCursor,
})

/** Throws `invalid_request`. */
function readDimensions(by: string): UsageDimension[] {
  const names = by.split(',').map((name) => name.trim())
  const dimensions: UsageDimension[] = []
  for (const name of new Set(names.filter((name) => name !== ''))) {
    const dimension = usageDimensions.find((known) => known === name)
    if (dimension === undefined) {
      const message = `\`by\` takes ${usageDimensions.join(', ')}, not \`${name.slice(0, 40)}\`.`
      throw new GatewayError('invalid_request', message, { param: 'by' })
    }
    dimensions.push(dimension)
  }
  return dimensions
}

const usageShape = z.object({
  hour: z.iso.datetime().optional(),
  day: z.iso.datetime().optional(),
  provider: z.string().optional(),
  model: z.string().optional(),
  route: z.string().optional(),
  key_id: z.string().optional(),
  key_name: z.string().optional(),
  team: z.string().optional(),
  team_name: z.string().optional(),
  user: z.string().optional(),
  user_name: z.string().optional().describe('Absent where the user is no more than the word of a caller.'),
  session: z.string().optional(),
  tag: z.string().optional(),
  last_at: z.iso
    .datetime()
    .optional()
    .describe(
      'When the hour of its last line begins; of what is from before today, UTC, it may be the day. Absent by time.',
    ),
  requests: z.int(),
  attempts: z.int(),
  cached: z.int().describe('Requests that the cache answered.'),
  errors: z.int().describe('Attempts that failed.'),
  estimated: z.int().describe("Attempts whose counts are the gateway's own estimate."),
  unpriced: z.int().describe('Attempts of which a part has no known price: their cost is more than it says.'),
  input_tokens: z.int(),
  output_tokens: z.int(),
  cache_read_tokens: z.int(),
  cache_write_tokens: z.int(),
  reasoning_tokens: z.int(),
  provider_cost_usd: z.string(),
  charged_usd: z.string().describe('With the mark-up of the team: what budgets count.'),
  saved_usd: z.string().describe('What the answers of the cache would have cost.'),
})

function toPage({ data, hasMore }: UsagePage, offset: number, names: OwnerNames) {
  return {
    data: data.map((row) => toRow(row, names)),
    ...(hasMore && { next_cursor: String(offset + data.length) }),
  }
}

function toRow(row: UsageRow, names: OwnerNames): z.output<typeof usageShape> {
  const { hourMs: hour, dayMs: day, provider, model, route, key, keyName, team, user, session, tag } = row
  const teamName = team === undefined ? undefined : names.team(team)
  const userName = user === undefined ? undefined : names.user(user)
  return {
    ...(hour !== undefined && { hour: new Date(hour).toISOString() }),
    ...(day !== undefined && { day: new Date(day).toISOString() }),
    ...(provider !== undefined && { provider }),
    ...(model !== undefined && { model }),
    ...(route !== undefined && { route }),
    ...(key !== undefined && { key_id: key }),
    ...(keyName !== undefined && { key_name: keyName }),
    ...(team !== undefined && { team }),
    ...(teamName !== undefined && { team_name: teamName }),
    ...(user !== undefined && { user }),
    ...(userName !== undefined && { user_name: userName }),
    ...(session !== undefined && { session }),
    ...(tag !== undefined && { tag }),
    ...(row.lastMs !== undefined && { last_at: new Date(row.lastMs).toISOString() }),
    requests: row.requests,
    attempts: row.attempts,
    cached: row.cached,
    errors: row.errors,
    estimated: row.estimated,
    unpriced: row.unpriced,
    input_tokens: row.inputTokens,
    output_tokens: row.outputTokens,
    cache_read_tokens: row.cacheReadTokens,
    cache_write_tokens: row.cacheWriteTokens,
    reasoning_tokens: row.reasoningTokens,
    provider_cost_usd: formatUsd(Number(row.providerCostNanoUsd)),
    charged_usd: formatUsd(Number(row.chargedNanoUsd)),
    saved_usd: formatUsd(Number(row.savedNanoUsd)),
  }
}
