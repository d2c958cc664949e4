/** The administration routes of the ledger: its lines, and the proof that they are right. */

import { z } from 'zod'
import { pageCursor, pageLimit, time } from '../admin/query.ts'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { defined } from '../core/json.ts'
import { formatUsd } from '../core/money.ts'
import type { Usage } from '../core/usage.ts'
import { entryKinds, flagNames, type LedgerEntry, usageSources } from './entry.ts'
import type { LedgerPage, LedgerQuery, UsagePage, UsageQuery } from './port.ts'
import type { SharedProof } from './shared-proof.ts'
import { withinTeams } from './team-scope.ts'
import { verificationLine, verifyLedger, type VerifyParts } from './verify.ts'

/** The ledger that several instances share. */
export interface SharedBooks {
  search(query: LedgerQuery): Promise<LedgerPage>
  usage(query: UsageQuery): Promise<UsagePage>
  /** False where some of this instance's lines could not be shipped. */
  ship(): Promise<boolean>
  /** Ships what waits, then compares. */
  prove(): Promise<SharedProof>
}

export interface LedgerRouteParts extends VerifyParts {
  /** Where there is one, the lines of all instances are read from it. */
  readonly shared?: SharedBooks | undefined
}

/** `GET /ledger` and `GET /ledger/verify`. */
export function ledgerRoutes(parts: LedgerRouteParts): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/ledger',
      policy: 'requests:read',
      summary: 'The lines of the ledger, one per attempt, the last settled first.',
      query: lineQuery,
      response: z.object({ data: z.array(lineShape), next_cursor: z.string().optional() }),
      async run({ org, teams, query: { limit, cursor, ...query } }) {
        const wanted = toLedgerQuery(org, withinTeams(query, teams))
        const page = await (parts.shared ?? parts.store).search({ ...wanted, ...defined({ limit, cursor }) })
        return {
          body: {
            data: page.data.map(toLine),
            ...(page.nextCursor !== undefined && { next_cursor: page.nextCursor }),
          },
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/ledger/verify',
      isOfInstance: true,
      policy: 'traffic:read',
      summary: 'Computes the ledger again from its lines, and tells every difference.',
      response: verificationShape,
      async run() {
        const verification = await verifyLedger(parts)
        const { counts, open, repriced } = verification
        const shared = await parts.shared?.prove()
        const differences = [...verification.differences, ...(shared?.differences ?? [])]
        const { chargedNanoUsd, providerCostNanoUsd, ...lines } = counts
        return {
          body: {
            line: verificationLine({ ...verification, differences }),
            ...lines,
            open,
            repriced,
            charged_usd: formatUsd(Number(chargedNanoUsd)),
            provider_cost_usd: formatUsd(Number(providerCostNanoUsd)),
            differences,
            ...(shared && { shared: toSharedShape(shared) }),
          },
        }
      },
    }),
  ]
}

function toSharedShape({ sums, compared, waiting }: SharedProof) {
  return {
    lines: sums.lines,
    compared,
    waiting,
    charged_usd: formatUsd(Number(sums.chargedNanoUsd)),
    provider_cost_usd: formatUsd(Number(sums.providerCostNanoUsd)),
  }
}

/** What lines are searched by. */
export const lineFilters = {
  from: time.optional(),
  to: time.optional(),
  request: z.string().optional().describe('The id of the request.'),
  provider: z.string().optional(),
  model: z.string().optional(),
  route: z.string().optional(),
  key: z.string().optional().describe("The key's id or name."),
  team: z.string().optional(),
  user: z.string().optional(),
  session: z.string().optional(),
  tag: z.string().optional(),
  kind: z.enum(entryKinds).optional(),
  source: z.enum(usageSources).optional(),
} as const

const lineQuery = z.strictObject({
  ...lineFilters,
  limit: pageLimit,
  cursor: pageCursor,
})

const filterQuery = z.strictObject(lineFilters)

export function toLedgerQuery(
  org: string,
  query: z.output<typeof filterQuery>,
): Omit<LedgerQuery, 'limit' | 'cursor'> {
  const { from, to, request, ...rest } = query
  return {
    ...defined(rest),
    org,
    ...(from !== undefined && { fromMs: from }),
    ...(to !== undefined && { toMs: to }),
    ...(request !== undefined && { requestId: request }),
  }
}

const count = z.int().optional()

const lineShape = z.object({
  seq: z.int().describe('In the order of settlement.'),
  kind: z
    .enum(entryKinds)
    .describe(
      '`void`: never sent. `adjust`: a later correction, by the difference. `cached`: answered without an attempt.',
    ),
  request_id: z.string(),
  attempt: z.int().describe('Counts the attempts of the request, from 1; 0 of an answer of the cache.'),
  started_at: z.iso.datetime().describe('Of the intent: what periods go by.'),
  settled_at: z.iso.datetime(),
  operation: z.string(),
  dialect: z.string(),
  stream: z.boolean(),
  route: z.string().optional(),
  provider: z.string(),
  model: z.string(),
  reported_model: z.string().optional().describe('The model that the provider says answered.'),
  credential: z.string().describe("The name of the provider's key."),
  key_id: z.string(),
  key_name: z.string(),
  team: z.string().optional(),
  user: z.string().optional(),
  session: z.string().optional(),
  tags: z.array(z.string()),
  input_tokens: z.int(),
  output_tokens: z.int(),
  cache_read_tokens: count,
  cache_write_tokens: count,
  cache_write_1h_tokens: count,
  reasoning_tokens: count,
  usage_source: z.enum(usageSources).describe('Where the counts come from.'),
  flags: z.array(z.string()),
  reserved_usd: z.string(),
  provider_cost_usd: z.string(),
  charged_usd: z.string(),
  saved_usd: z.string().optional().describe('What an answer of the cache would have cost.'),
  price_version: z.string(),
  tier: z.string().optional(),
  status: z.int().optional().describe("The provider's, where it answered."),
  code: z.string().optional().describe('Why the attempt failed.'),
  provider_request_id: z.string().optional(),
})

const verificationShape = z.object({
  line: z.string().describe('All of it in one line.'),
  settled: z.int(),
  voided: z.int(),
  adjusted: z.int(),
  cached: z.int(),
  estimated: z.int(),
  unpriced: z.int(),
  recovered: z.int(),
  open: z.int(),
  repriced: z.int().describe('Lines whose cost was computed again from their price.'),
  charged_usd: z.string(),
  provider_cost_usd: z.string(),
  differences: z.array(z.string()).describe('Empty: all agree.'),
  shared: z
    .object({
      lines: z.int().describe('Of all instances.'),
      compared: z.int().describe("This instance's own, each held against the shared one."),
      waiting: z.int().describe("This instance's own that are still to be shipped."),
      charged_usd: z.string(),
      provider_cost_usd: z.string(),
    })
    .optional()
    .describe('The ledger that several instances share; all other figures are of this instance.'),
})

export type LedgerLine = z.output<typeof lineShape>

export function toLine(entry: LedgerEntry): LedgerLine {
  const { route, team, user, session, reportedModel, tier, status, code, providerRequestId } = entry
  const { savedNanoUsd } = entry
  return {
    seq: entry.seq,
    kind: entry.kind,
    request_id: entry.requestId,
    attempt: entry.attempt,
    started_at: new Date(entry.atMs).toISOString(),
    settled_at: new Date(entry.settledAtMs).toISOString(),
    operation: entry.operation,
    dialect: entry.dialect,
    stream: entry.stream,
    ...(route !== undefined && { route }),
    provider: entry.provider,
    model: entry.model,
    ...(reportedModel !== undefined && { reported_model: reportedModel }),
    credential: entry.credential,
    key_id: entry.keyId,
    key_name: entry.keyName,
    ...(team !== undefined && { team }),
    ...(user !== undefined && { user }),
    ...(session !== undefined && { session }),
    tags: [...entry.tags],
    ...toCounts(entry.usage),
    usage_source: entry.usageSource,
    flags: flagNames(entry.flags),
    reserved_usd: formatUsd(entry.reservedNanoUsd),
    provider_cost_usd: formatUsd(entry.providerCostNanoUsd),
    charged_usd: formatUsd(entry.chargedNanoUsd),
    ...(savedNanoUsd !== undefined && { saved_usd: formatUsd(savedNanoUsd) }),
    price_version: entry.priceVersion,
    ...(tier !== undefined && { tier }),
    ...(status !== undefined && { status }),
    ...(code !== undefined && { code }),
    ...(providerRequestId !== undefined && { provider_request_id: providerRequestId }),
  }
}

function toCounts({ inputTokens, outputTokens, ...parts }: Usage) {
  const { cacheReadTokens, cacheWriteTokens, cacheWrite1hTokens, reasoningTokens } = parts
  return {
    input_tokens: inputTokens,
    output_tokens: outputTokens,
    ...(cacheReadTokens !== undefined && { cache_read_tokens: cacheReadTokens }),
    ...(cacheWriteTokens !== undefined && { cache_write_tokens: cacheWriteTokens }),
    ...(cacheWrite1hTokens !== undefined && { cache_write_1h_tokens: cacheWrite1hTokens }),
    ...(reasoningTokens !== undefined && { reasoning_tokens: reasoningTokens }),
  }
}
