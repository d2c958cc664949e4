/** The administration route that holds a provider's bill against the ledger, and corrects the ledger where it is asked to. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import { defined } from '../core/json.ts'
import { formatUsd } from '../core/money.ts'
import { corrections } from './adjust.ts'
import type { SharedBooks } from './admin.ts'
import type { BillFigures, BillRow } from './bill.ts'
import { dayMs } from './period.ts'
import type { DirectEntry, LedgerStore, UsageRow } from './port.ts'
import { readBill } from './read-bill.ts'
import { type BookFigures, type Comparison, reconcile } from './reconcile.ts'

export interface ReconcileParts {
  readonly store: Pick<LedgerStore, 'usage'>
  readonly shared?: Pick<SharedBooks, 'usage' | 'ship'> | undefined
  nowMs(): number
  newId(): string
  hasProvider(name: string): boolean
  /** Resolves when they are in the journal, and count for budgets. Rejects with `ledger_unavailable`. */
  enter(lines: readonly DirectEntry[]): Promise<void>
}

const maxExportBytes = 64 * 1024 * 1024
const maxDays = 366
const rowsPerPage = 1_000

/** `POST /ledger/reconcile`. */
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
      async run({ org, body: { provider, exports, adjust } }) {
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
        return { body: view(comparisons, lines) }
      },
    }),
  ]
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
      where: { provider },
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

const reconcileShape = z.object({
  agree: z.int().describe('Days and models that agree.'),
  differ: z.int(),
  data: z.array(
    z.object({
      day: z.iso.datetime(),
      model: z.string().optional().describe('Absent: of all models together.'),
      provider: figuresShape.describe('What the export tells; a figure that it does not tell is absent.'),
      ledger: figuresShape,
      differing: z.array(z.string()),
      causes: z.array(z.string()),
    }),
  ),
  adjusted: z
    .object({
      request_id: z.string().describe('Of the lines of the correction: `GET /ledger?request=`.'),
      lines: z.int(),
      cost_usd: z.string(),
    })
    .optional(),
})

const apiNames: Readonly<Record<keyof BillFigures, string>> = {
  requests: 'requests',
  inputTokens: 'input_tokens',
  cacheReadTokens: 'cache_read_tokens',
  outputTokens: 'output_tokens',
  costNanoUsd: 'cost_usd',
}

function view(
  comparisons: readonly Comparison[],
  lines: readonly DirectEntry[],
): z.output<typeof reconcileShape> {
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
