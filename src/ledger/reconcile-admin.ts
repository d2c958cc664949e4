/** The administration routes that hold a provider's bill against the ledger, correct the ledger where asked to, and tell what came of it. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import { defined, type JsonObject } from '../core/json.ts'
import { formatUsd } from '../core/money.ts'
import { exactFilter } from '../records/filter.ts'
import { corrections } from './adjust.ts'
import type { SharedBooks } from './admin.ts'
import type { BillFigures, BillRow } from './bill.ts'
import { dayMs } from './period.ts'
import type { DirectEntry, KeptReconciliation, LedgerStore, ReconciliationStore, UsageRow } from './port.ts'
import { readBill } from './read-bill.ts'
import { type BookFigures, type Comparison, reconcile } from './reconcile.ts'

export interface ReconcileParts {
  readonly store: Pick<LedgerStore, 'usage'>
  readonly shared?: Pick<SharedBooks, 'usage' | 'ship'> | undefined
  readonly kept: ReconciliationStore
  nowMs(): number
  newId(): string
  hasProvider(name: string): boolean
  /** Resolves when they are in the journal, and count for budgets. Rejects with `ledger_unavailable`. */
  enter(lines: readonly DirectEntry[]): Promise<void>
}

const maxExportBytes = 64 * 1024 * 1024
const maxDays = 366
const rowsPerPage = 1_000

/** `POST /ledger/reconcile`, and `/reconciliations`: what it found before. */
export function reconcileRoutes(parts: ReconcileParts): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'POST',
      path: '/ledger/reconcile',
      isOfInstance: true,
      policy: 'operations:write',
      summary:
        "Holds a provider's usage exports against the ledger by day and model; corrects it where asked to.",
      audit: {
        action: 'ledger.reconcile',
        object: ({ body }) => `provider:${body.provider}`,
        after: ({ body: { adjust, exports } }) => ({
          ...(adjust && { adjust }),
          bytes: exports.reduce((sum, text) => sum + text.length, 0),
        }),
      },
      body: reconcileBody,
      response: reconcileShape,
      async run({ org, actor, body: { provider, exports, adjust } }) {
        if (!parts.hasProvider(provider)) {
          const message = `There is no provider ${provider} in the configuration.`
          throw new GatewayError('invalid_request', message, { param: 'provider' })
        }
        const bill = readBill(exports)
        const nowMs = parts.nowMs()
        await ship(parts)
        const usage = await usageOf(parts, { org, provider, bill })
        const comparisons = reconcile(bill, usage, nowMs)
        const lines = adjust
          ? corrections(comparisons, { org, provider, reason: adjust.reason, id: parts.newId(), nowMs })
          : []
        if (lines.length > 0) {
          await parts.enter(lines)
          // Before anybody compares again: a correction that is not seen would be made twice.
          await ship(parts)
        }
        const found = view(comparisons, lines)
        const id = parts.newId()
        await parts.kept.add({ org, id, atMs: nowMs, provider, actor, found: keep(comparisons, found) })
        return { body: { id, ...found } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/reconciliations',
      isOfInstance: true,
      policy: 'traffic:read',
      summary: "What came of holding providers' bills against the ledger, the newest first.",
      query: z.strictObject({ limit: z.coerce.number().int().min(1).max(200).default(20) }),
      response: z.object({ data: z.array(keptShape) }),
      async run({ org, query: { limit } }) {
        const kept = await parts.kept.list(org, limit)
        return { body: { data: kept.map(toKept) } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/reconciliations/{id}',
      isOfInstance: true,
      policy: 'traffic:read',
      summary: 'One of them, with the days and models that differ.',
      response: keptShape.extend({ data: z.array(comparisonShape) }),
      async run({ org, params: { id = '' } }) {
        const kept = await parts.kept.get(org, id)
        if (!kept) throw new GatewayError('not_found', 'There is no such reconciliation.')
        return { body: { ...toKept(kept), data: kept.found['data'] } }
      },
    }),
  ]
}

/** Rows that differ; more are not looked through by anybody. */
const maxKeptRows = 1_000

/** What of a comparison is kept: its sums, and the rows that differ. */
function keep(comparisons: readonly Comparison[], found: Found): JsonObject {
  const told = comparisons.filter(({ bill }) => bill.costNanoUsd !== undefined)
  const sumOfCosts = (of: (comparison: Comparison) => number) =>
    formatUsd(told.reduce((sum, comparison) => sum + of(comparison), 0))
  const differing = found.data.filter((row) => row.differing.length > 0)
  const days = comparisons.map((comparison) => comparison.dayMs)
  return defined({
    agree: found.agree,
    differ: found.differ,
    ...(days.length > 0 && {
      first_day: new Date(Math.min(...days)).toISOString(),
      last_day: new Date(Math.max(...days)).toISOString(),
    }),
    ...(told.length > 0 && {
      bill_usd: sumOfCosts(({ bill }) => bill.costNanoUsd ?? 0),
      ledger_usd: sumOfCosts(({ book }) => book.costNanoUsd),
      difference_usd: sumOfCosts(({ bill, book }) => (bill.costNanoUsd ?? 0) - book.costNanoUsd),
    }),
    cause: greatest(comparisons)?.causes[0],
    adjusted: found.adjusted,
    data: differing.slice(0, maxKeptRows),
  }) as JsonObject
}

/** The comparison that differs most in money; the first where no bill tells money. */
function greatest(comparisons: readonly Comparison[]): Comparison | undefined {
  const sizeOf = ({ bill, book }: Comparison) =>
    bill.costNanoUsd === undefined ? 0 : Math.abs(bill.costNanoUsd - book.costNanoUsd)
  return comparisons
    .filter(({ differing }) => differing.length > 0)
    .toSorted((one, other) => sizeOf(other) - sizeOf(one))[0]
}

function toKept({ id, atMs, provider, actor, found }: KeptReconciliation) {
  const { data: _, ...sums } = found
  return { id, at: new Date(atMs).toISOString(), provider, actor, ...sums }
}

async function ship({ shared }: ReconcileParts): Promise<void> {
  if (!shared || (await shared.ship())) return
  throw new GatewayError(
    'store_unavailable',
    'Lines of this instance wait for the database: try again later.',
  )
}

/** By day and model; the dearest of a day first. */
async function usageOf(
  { store, shared }: ReconcileParts,
  { org, provider, bill }: { org: string; provider: string; bill: readonly BillRow[] },
): Promise<readonly UsageRow[]> {
  const days = bill.map((row) => row.dayMs).toSorted((one, other) => one - other)
  const [fromMs, lastMs] = [days[0], days.at(-1)]
  if (fromMs === undefined || lastMs === undefined) return []
  const toMs = lastMs + dayMs
  if (toMs - fromMs > maxDays * dayMs) {
    throw new GatewayError('invalid_request', `The exports cover more than ${maxDays} days.`, {
      param: 'exports',
    })
  }
  const rows: UsageRow[] = []
  for (let hasMore = true; hasMore;) {
    const page = await (shared ?? store).usage({
      org,
      by: ['day', 'model'],
      where: { provider: exactFilter(provider) },
      fromMs,
      toMs,
      limit: rowsPerPage,
      offset: rows.length,
    })
    rows.push(...page.data)
    ;({ hasMore } = page)
  }
  const billed = new Set(days)
  return rows.filter((row) => billed.has(row.dayMs!))
}

const reconcileBody = z.strictObject({
  provider: z.string().min(1).max(200).describe('As the configuration names it.'),
  exports: z
    .array(z.string().min(1).max(maxExportBytes))
    .min(1)
    .max(100)
    .describe(
      'As the provider gave them: pages of the usage and costs APIs of OpenAI and Anthropic, generations and activity of OpenRouter (JSON or JSON Lines), or CSV.',
    ),
  adjust: z
    .strictObject({ reason: z.string().min(1).max(200) })
    .optional()
    .describe('Adds a line of the kind `adjust` for each difference. Absent: it is only told.'),
})

const count = z.int().optional()

const figuresShape = z.object({
  requests: count,
  input_tokens: count,
  cache_read_tokens: count,
  output_tokens: count,
  cost_usd: z.string().optional(),
})

const comparisonShape = z.object({
  day: z.iso.datetime(),
  model: z.string().optional().describe('Absent: of all models together.'),
  provider: figuresShape.describe('What the export tells; a figure that it does not tell is absent.'),
  ledger: figuresShape,
  differing: z.array(z.string()),
  causes: z.array(z.string()),
})

const adjustedShape = z
  .object({
    request_id: z.string().describe('Of the lines of the correction: `GET /ledger?request=`.'),
    lines: z.int(),
    cost_usd: z.string(),
  })
  .optional()

const foundShape = z.object({
  agree: z.int().describe('Days and models that agree.'),
  differ: z.int(),
  data: z.array(comparisonShape),
  adjusted: adjustedShape,
})

type Found = z.output<typeof foundShape>

const reconcileShape = foundShape.extend({ id: z.string().describe('Of what is kept of it.') })

const keptShape = z.object({
  id: z.string(),
  at: z.iso.datetime(),
  provider: z.string(),
  actor: z.string(),
  agree: z.int(),
  differ: z.int(),
  first_day: z.iso.datetime().optional(),
  last_day: z.iso.datetime().optional(),
  bill_usd: z.string().optional().describe('Absent, as the two below, where the exports tell no money.'),
  ledger_usd: z.string().optional().describe('Of the days and models whose costs the exports tell.'),
  difference_usd: z.string().optional().describe('The bill less the ledger.'),
  cause: z.string().optional().describe('Of what differs most.'),
  adjusted: adjustedShape,
})

const apiNames: Readonly<Record<keyof BillFigures, string>> = {
  requests: 'requests',
  inputTokens: 'input_tokens',
  cacheReadTokens: 'cache_read_tokens',
  outputTokens: 'output_tokens',
  costNanoUsd: 'cost_usd',
}

function view(comparisons: readonly Comparison[], lines: readonly DirectEntry[]): Found {
  const differ = comparisons.filter(({ differing }) => differing.length > 0).length
  const [first] = lines
  return {
    agree: comparisons.length - differ,
    differ,
    data: comparisons.map(({ dayMs: at, model, bill, book, differing, causes }) => ({
      day: new Date(at).toISOString(),
      ...(model !== undefined && { model }),
      provider: figures(bill),
      ledger: figures(book),
      differing: differing.map((name) => apiNames[name]),
      causes: [...causes],
    })),
    ...(first && {
      adjusted: {
        request_id: first.requestId,
        lines: lines.length,
        cost_usd: formatUsd(lines.reduce((sum, { providerCostNanoUsd }) => sum + providerCostNanoUsd, 0)),
      },
    }),
  }
}

function figures({ costNanoUsd, ...counts }: BillFigures | BookFigures): z.output<typeof figuresShape> {
  return defined({
    requests: counts.requests,
    input_tokens: counts.inputTokens,
    cache_read_tokens: counts.cacheReadTokens,
    output_tokens: counts.outputTokens,
    cost_usd: costNanoUsd === undefined ? undefined : formatUsd(costNanoUsd),
  })
}
