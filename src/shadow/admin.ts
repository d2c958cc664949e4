/** The administration routes of shadow traffic: what the candidates would have answered, in figures. */

import { z } from 'zod'
import { pageLimit } from '../admin/query.ts'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { defined } from '../core/json.ts'
import { formatUsd } from '../core/money.ts'
import type { Comparison, ShadowStore, Side } from './port.ts'
import { type ShadowSummary, type SideSummary, summarise } from './summary.ts'

/** The newest of a route that a summary looks at. */
const summarised = 1_000

export function shadowRoutes(store: ShadowStore): readonly AdminRoute[] {
  const summaryOf = async (org: string, route: string): Promise<z.output<typeof routeShape>> => {
    const { data } = await store.list({ org, route, limit: summarised })
    return { route, data: summarise(data).map(toSummary) }
  }
  return [
    adminRoute({
      method: 'GET',
      path: '/shadow',
      policy: 'traffic:read',
      summary: 'The same of every route that comparisons are kept of.',
      response: z.object({ data: z.array(routeShape) }),
      async run({ org }) {
        const routes = await store.routes(org)
        return { body: { data: await Promise.all(routes.map((route) => summaryOf(org, route))) } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/shadow/{route}',
      policy: 'traffic:read',
      summary: `What the candidates of a route have come to, over its newest ${summarised} comparisons.`,
      response: routeShape,
      run: async ({ org, params }) => ({ body: await summaryOf(org, params['route'] ?? '') }),
    }),
    adminRoute({
      method: 'GET',
      path: '/shadow/{route}/comparisons',
      policy: 'traffic:read',
      summary: 'Requests that a candidate was asked too, newest first.',
      query: z.strictObject({
        target: z.string().optional(),
        limit: pageLimit,
        cursor: z.string().max(64).optional().describe('`next_cursor` of the page before.'),
      }),
      response: z.object({ data: z.array(comparisonShape), next_cursor: z.string().optional() }),
      async run({ org, params, query: { limit, target, cursor } }) {
        const route = params['route'] ?? ''
        const page = await store.list({ org, route, limit, ...defined({ target, cursor }) })
        return {
          body: {
            data: page.data.map(toView),
            ...(page.nextCursor !== undefined && { next_cursor: page.nextCursor }),
          },
        }
      },
    }),
  ]
}

const usd = z.string().describe('USD.')

const sideSummaryShape = z.object({
  failed: z.int(),
  mean_ms: z.number().optional(),
  mean_cost_usd: usd.optional(),
  mean_output_tokens: z.number().optional(),
})

const summaryShape = z.object({
  target: z.string(),
  comparisons: z.int(),
  primary: sideSummaryShape,
  shadow: sideSummaryShape,
  likeness: z.number().optional().describe('Share of the words that both answers have, 0 to 1.'),
  preference: z
    .object({ mean: z.number(), lower: z.number(), upper: z.number(), judged: z.int() })
    .optional()
    .describe("Share of the shadow's answers that the judge preferred, with a 95 % interval; 0.5: neither."),
  swayed: z.int().describe('Verdicts that followed the order of the answers; they count as 0.5.'),
  spent_usd: usd,
})

const routeShape = z.object({ route: z.string(), data: z.array(summaryShape) })

const sideShape = z.object({
  status: z.enum(['answered', 'failed']),
  code: z.string().optional(),
  duration_ms: z.number(),
  first_token_ms: z.number().optional(),
  cost_usd: usd.optional(),
  output_tokens: z.int().optional(),
  length: z.int(),
})

const comparisonShape = z.object({
  id: z.string().describe("Of the shadow's own request."),
  request_id: z.string(),
  target: z.string(),
  created_at: z.iso.datetime(),
  primary: sideShape,
  shadow: sideShape,
  likeness: z.number().optional(),
  preference: z.number().optional(),
  swayed: z.boolean().optional(),
  spent_usd: usd,
})

function toSummary(summary: ShadowSummary): z.output<typeof summaryShape> {
  const { target, comparisons, primary, shadow, swayed, spentNanoUsd, likeness, preference } = summary
  return {
    target,
    comparisons,
    swayed,
    primary: toSideSummary(primary),
    shadow: toSideSummary(shadow),
    spent_usd: formatUsd(spentNanoUsd),
    ...(likeness !== undefined && { likeness }),
    ...(preference && { preference }),
  }
}

function toSideSummary({ failed, meanMs, meanCostNanoUsd, meanOutputTokens }: SideSummary) {
  return {
    failed,
    ...(meanMs !== undefined && { mean_ms: meanMs }),
    ...(meanCostNanoUsd !== undefined && { mean_cost_usd: formatUsd(meanCostNanoUsd) }),
    ...(meanOutputTokens !== undefined && { mean_output_tokens: meanOutputTokens }),
  }
}

function toView(comparison: Comparison): z.output<typeof comparisonShape> {
  const { id, requestId, target, atMs, primary, shadow, likeness, preference, isSwayed, spentNanoUsd } =
    comparison
  return {
    id,
    target,
    request_id: requestId,
    created_at: new Date(atMs).toISOString(),
    primary: toSide(primary),
    shadow: toSide(shadow),
    spent_usd: formatUsd(spentNanoUsd),
    ...(likeness !== undefined && { likeness }),
    ...(preference !== undefined && { preference }),
    ...(isSwayed !== undefined && { swayed: isSwayed }),
  }
}

function toSide({ durationMs, firstTokenMs, costNanoUsd, outputTokens, ...rest }: Side) {
  return {
    ...rest,
    duration_ms: durationMs,
    ...(firstTokenMs !== undefined && { first_token_ms: firstTokenMs }),
    ...(costNanoUsd !== undefined && { cost_usd: formatUsd(costNanoUsd) }),
    ...(outputTokens !== undefined && { output_tokens: outputTokens }),
  }
}
