/** The administration routes of request records: search, and one record whole. */

import { z } from 'zod'
import { pageCursor, pageLimit } from '../admin/query.ts'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import { defined, type JsonObject } from '../core/json.ts'
import { formatUsd } from '../core/money.ts'
import type { Usage } from '../core/usage.ts'
import type { RecordPage, RecordQuery, RecordRanking, RecordStore } from './port.ts'
import type { AttemptRecord, CacheRecord, Decision, RequestRecord } from './record.ts'
import { filterShape, type KeysOfTeams, searchAll, toFilters } from './search-query.ts'

export interface RecordRouteParts {
  readonly store: RecordStore
  readonly ranking: RecordRanking
  readonly keysOfTeams: KeysOfTeams
  retentionDays(): number
}

/** `GET /requests` and `GET /requests/{id}`. */
export function recordRoutes(parts: RecordRouteParts): readonly AdminRoute[] {
  const { store, keysOfTeams, retentionDays } = parts
  return [
    adminRoute({
      method: 'GET',
      path: '/requests',
      policy: 'requests:read',
      summary: 'Searches the request records, newest first where it is not said otherwise.',
      query: searchQuery,
      response: z.object({ data: z.array(requestSummary), next_cursor: z.string().optional() }),
      async run({ org, teams, query: { limit, cursor, sort, ...query } }) {
        const page = await sortedPage(parts, sort, {
          ...toFilters({ org, query, teams }, keysOfTeams),
          limit,
          ...(cursor !== undefined && { cursor }),
        })
        return {
          body: {
            data: page.data.map(toSummary),
            ...(page.nextCursor !== undefined && { next_cursor: page.nextCursor }),
          },
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/requests/{id}/neighbours',
      policy: 'requests:read',
      summary: 'The requests before and after one, among those of a search.',
      query: z.strictObject(filterShape),
      response: z.object({ newer: z.string().optional(), older: z.string().optional() }),
      async run({ org, teams, params, query }) {
        const cursor = store.cursorAt(org, params['id'] ?? '')
        if (cursor === undefined) throw new GatewayError('not_found', 'There is no record of this request.')
        const filters = { ...toFilters({ org, query, teams }, keysOfTeams), limit: 1, cursor }
        const { data: older } = await searchAll(store, filters)
        const { data: newer } = await searchAll(store, { ...filters, order: 'oldest-first' })
        return { body: defined({ newer: newer[0]?.id, older: older[0]?.id }) }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/requests/{id}',
      policy: 'requests:read',
      summary: 'One request with its attempts.',
      response: requestDetail,
      run({ org, teams, params }) {
        const record = store.get(org, params['id'] ?? '')
        const isSeen = record && (!teams || keysOfTeams(org, teams).has(record.keyId))
        if (!isSeen) {
          throw new GatewayError(
            'not_found',
            `There is no record of this request. It may be older than the retention of ${retentionDays()} days.`,
          )
        }
        const { decision, attempts } = record
        return {
          body: {
            ...toSummary(record),
            ...(decision && { decision: toDecision(decision) }),
            attempts: attempts.map(toAttempt),
          },
        }
      },
    }),
  ]
}

const sorts = ['-time', 'time', '-cost', 'cost', '-duration', 'duration'] as const

const searchQuery = z.strictObject({
  ...filterShape,
  sort: z
    .enum(sorts)
    .default('-time')
    .describe(
      'With `-` the greatest or newest first. By cost, those of which it is not known are left out; a cursor is of one order.',
    ),
  limit: pageLimit,
  cursor: pageCursor,
})

async function sortedPage(
  { store, ranking }: Pick<RecordRouteParts, 'store' | 'ranking'>,
  sort: (typeof sorts)[number],
  query: RecordQuery,
): Promise<Pick<RecordPage, 'data'> & { readonly nextCursor?: string | undefined }> {
  const isUp = !sort.startsWith('-')
  if (sort === 'cost' || sort === '-cost') return ranking.of({ ...query, by: 'cost', isUp })
  if (sort === 'duration' || sort === '-duration') return ranking.of({ ...query, by: 'duration', isUp })
  return searchAll(store, { ...query, ...(isUp && { order: 'oldest-first' }) })
}

// -- the shape of the answers

const usageShape = z.object({
  input_tokens: z.int(),
  output_tokens: z.int(),
  cache_read_tokens: z.int().optional(),
  cache_write_tokens: z.int().optional(),
  cache_write_1h_tokens: z.int().optional(),
  reasoning_tokens: z.int().optional(),
  input_audio_tokens: z.int().optional(),
  output_audio_tokens: z.int().optional(),
  input_image_tokens: z.int().optional(),
  output_image_tokens: z.int().optional(),
  input_video_tokens: z.int().optional(),
  tool_use_input_tokens: z.int().optional(),
  web_searches: z.int().optional(),
  service_tier: z.string().optional(),
  native: z.record(z.string(), z.unknown()).optional().describe("The provider's own block."),
})

const requestSummary = z.object({
  id: z.string(),
  created_at: z.iso.datetime(),
  dialect: z.string(),
  operation: z.string(),
  requested_model: z.string(),
  route: z.string().optional(),
  revision: z.string().optional().describe('Of the route, such as `assistant@7`.'),
  provider: z.string().optional(),
  model: z.string().optional(),
  key_id: z.string(),
  key_name: z.string(),
  team: z.string().optional().describe("The key's, when the request came: its id."),
  user: z.string().optional().describe('Whom the caller named, else the owner of the key.'),
  user_claimed: z
    .literal(true)
    .optional()
    .describe('The caller named the user, and nobody has vouched for it.'),
  session: z.string().optional(),
  tags: z.array(z.string()),
  stream: z.boolean(),
  status: z.int(),
  code: z.string().optional(),
  message: z.string().optional(),
  duration_ms: z.number(),
  first_token_ms: z.number().optional(),
  overhead_ms: z.number().optional(),
  usage: usageShape.optional(),
  cost_usd: z
    .string()
    .optional()
    .describe('What all attempts were charged; absent where that was not known when the request ended.'),
  dropped: z.array(z.string()),
  finish: z.string().optional(),
  contract: z
    .string()
    .optional()
    .describe('How the answer came to satisfy the schema of the request, in the words of `x-weir-contract`.'),
  replay_of: z
    .string()
    .optional()
    .describe('The request whose kept answer it got, by its `idempotency-key`.'),
  cache: z
    .object({
      outcome: z.enum(['hit', 'semantic-hit', 'shared', 'miss', 'off']),
      saved_usd: z.string().optional().describe('What the call cost that brought the answer.'),
      similarity: z.number().optional(),
    })
    .optional(),
  experiment: z
    .object({ name: z.string(), arm: z.string(), unit: z.string() })
    .optional()
    .describe('The arm that the request was dealt to, with a hash of what stays with it.'),
  guardrails: z
    .array(
      z.object({
        rule: z.string(),
        stage: z.enum(['input', 'output']),
        action: z.enum(['block', 'redact', 'flag', 'allow']),
        found: z.record(z.string(), z.int()),
      }),
    )
    .optional()
    .describe('What guardrails found, by kind and number.'),
  client_gone: z.boolean(),
  client_address: z.string().optional(),
  attempt_count: z.int(),
})

const attemptShape = z
  .object({
    n: z.int(),
    provider: z.string(),
    model: z.string(),
    credential: z.string().optional().describe("The key's alias, where the provider has several."),
    started_ms: z.number(),
    headers_ms: z.number().optional(),
    first_token_ms: z.number().optional(),
    ended_ms: z.number(),
    status: z.int().optional(),
    code: z.string().optional(),
    message: z.string().optional(),
    usage: usageShape.optional(),
    upstream_request_id: z.string().optional(),
    dropped: z.array(z.string()),
    contract: z.string().optional().describe('What was found of the answer, and what was mended.'),
    empty: z.literal(true).optional().describe('It answered without content or tokens.'),
    continues: z
      .literal(true)
      .optional()
      .describe('It went on with the answer that the attempt before had broken off.'),
    skipped_because: z.string().optional(),
  })
  .describe("Times are milliseconds from the request's start.")

const decisionShape = z
  .object({
    strategy: z.string(),
    reason: z.string(),
    candidates: z.array(
      z.object({
        target: z.string(),
        score: z.number().optional().describe('By the strategy; lower is better.'),
        skipped_because: z.string().optional(),
      }),
    ),
  })
  .describe('How the route chose: its targets in the order in which they were to be tried.')

const requestDetail = requestSummary.extend({
  decision: decisionShape.optional(),
  attempts: z.array(attemptShape),
})

/** A request without its attempts, as lists and live events show it. */
export function toSummary(record: RequestRecord): JsonObject {
  const { org: _, atMs, usage, attempts, decision: _decision, cache, revision, ...others } = record
  const { costNanoUsd, isUserClaimed, ...rest } = others
  return {
    ...toSnakeCase(rest),
    created_at: new Date(atMs).toISOString(),
    attempt_count: attempts.length,
    ...(isUserClaimed && { user_claimed: true }),
    ...(cache && { cache: toCache(cache) }),
    ...(revision !== undefined && { revision: `${record.route}@${revision}` }),
    ...(usage && { usage: toUsage(usage) }),
    ...(costNanoUsd !== undefined && { cost_usd: formatUsd(costNanoUsd) }),
  }
}

function toCache({ savedNanoUsd, ...rest }: CacheRecord): JsonObject {
  return { ...rest, ...(savedNanoUsd !== undefined && { saved_usd: formatUsd(savedNanoUsd) }) }
}

function toAttempt({ usage, ...rest }: AttemptRecord): object {
  return { ...toSnakeCase(rest), ...(usage && { usage: toUsage(usage) }) }
}

function toDecision({ candidates, ...rest }: Decision): object {
  return { ...rest, candidates: candidates.map((candidate) => toSnakeCase(candidate)) }
}

function toUsage({ native, ...counts }: Usage): JsonObject {
  return { ...toSnakeCase(counts), ...(native && { native: native.value }) }
}

/** Renames the members of a record, one level deep: the names of the API are those of the code in snake_case. */
export function toSnakeCase(record: object): JsonObject {
  return Object.fromEntries(
    Object.entries(record).map(([name, value]) => [
      name.replace(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`).replace(/(?<=\D)(?=\d+h)/, '_'),
      value,
    ]),
  )
}
