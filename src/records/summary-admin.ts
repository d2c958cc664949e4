/** The administration route of what a selection of requests comes to, with its course over time. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import { formatUsd } from '../core/money.ts'
import type { RecordRouteParts } from './admin.ts'
import type { RecordSum, RecordSums } from './port.ts'
import { filterShape, toFilters } from './search-query.ts'
import { durationClassWidth, percentilesOf } from './tally.ts'

export interface SummaryRouteParts extends Pick<RecordRouteParts, 'keysOfTeams'> {
  readonly sums: RecordSums
  nowMs(): number
}

const minuteMs = 60_000
const hourMs = 60 * minuteMs
const dayMs = 24 * hourMs
const maxSteps = 60
const mostSteps = 1_000
/** Steps that people know; a longer span than 60 of the last has steps of whole multiples of it. */
const stepsMs = [
  ...[0.1, 0.25, 0.5, 1, 2, 5, 15, 30].map((seconds) => seconds * 1_000),
  ...[1, 2, 5, 15, 30].map((minutes) => minutes * minuteMs),
  ...[1, 3, 6, 12].map((hours) => hours * hourMs),
  dayMs,
]

/** `GET /requests/summary`; it stands before `/requests/{id}`. */
export function summaryRoutes({ sums, keysOfTeams, nowMs }: SummaryRouteParts): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/requests/summary',
      policy: 'requests:read',
      summary: "What the requests of a search come to, step by step; this instance's.",
      query: z.strictObject({
        ...filterShape,
        by: z
          .enum(groupings)
          .optional()
          .describe('Tells these apart: who answered, or was the last to be tried.'),
        step_ms: z.coerce
          .number()
          .int()
          .min(100)
          .optional()
          .describe('Of each step; at most 1,000 of them. Absent: such that there are at most 60.'),
      }),
      response: summaryShape,
      async run({ org, teams, query: { by, step_ms: askedMs, ...query } }) {
        const atMs = nowMs()
        const toMs = query.to ?? atMs + 1
        const fromMs = Math.min(query.from ?? toMs - dayMs, toMs)
        const stepMs = askedMs ?? stepOf(toMs - fromMs)
        if ((toMs - fromMs) / stepMs > mostSteps) {
          throw new GatewayError('invalid_request', 'These are more than 1,000 steps.', { param: 'step_ms' })
        }
        // Steps begin at their own multiples, so that they stay where they are while time goes on.
        const startMs = Math.floor(fromMs / stepMs) * stepMs
        const found = await sums.of({
          ...toFilters({ org, query: { ...query, from: fromMs, to: toMs }, teams }, keysOfTeams),
          startMs,
          stepMs,
          classWidth: durationClassWidth,
          isByTarget: by !== undefined,
        })
        const count = Math.ceil((toMs - startMs) / stepMs)
        const from = new Date(startMs).toISOString()
        const groups = by && { groups: groupsOf(found, by, count) }
        const at = new Date(atMs).toISOString()
        return { body: { at, from, step_ms: stepMs, ...toView(found, count), ...groups } }
      },
    }),
  ]
}

/** The shortest step of which no more than `maxSteps` are as long as this. */
function stepOf(spanMs: number): number {
  return stepsMs.find((stepMs) => stepMs * maxSteps >= spanMs) ?? Math.ceil(spanMs / maxSteps / dayMs) * dayMs
}

const groupings = ['provider', 'target'] as const

const sumShape = z.object({
  steps: z.array(z.object({ requests: z.int(), errors: z.int() })),
  requests: z.int(),
  errors: z.int().describe('Answered with a status of 400 or more.'),
  cost_usd: z.string(),
  costs_unknown: z.int().describe('How many requests cost what is not known; they are not in the sum.'),
  duration_ms: z
    .object({ p50: z.number(), p95: z.number(), p99: z.number() })
    .optional()
    .describe('Of what was answered without an error, to within four per cent.'),
})

const summaryShape = sumShape.extend({
  at: z.iso.datetime().describe('When it was summed up, by the gateway: what ended later is not in it.'),
  from: z.iso.datetime(),
  step_ms: z.int(),
  groups: z
    .array(sumShape.extend({ provider: z.string(), model: z.string().optional() }))
    .optional()
    .describe('Of `by`; requests for which none was tried are in no group.'),
})

function groupsOf(found: readonly RecordSum[], by: (typeof groupings)[number], count: number) {
  const tried = found.filter(({ provider }) => provider !== undefined)
  const groups = Map.groupBy(tried, ({ provider, model }) =>
    JSON.stringify(by === 'target' ? [provider, model] : [provider]),
  )
  return [...groups.values()].map((sums) => {
    const { provider, model } = sums[0]!
    return { provider, ...(by === 'target' && model !== undefined && { model }), ...toView(sums, count) }
  })
}

function toView(found: readonly RecordSum[], count: number) {
  const steps = Array.from({ length: count }, () => ({ requests: 0, errors: 0 }))
  const durations = new Map<number, number>()
  let costNanoUsd = 0
  let costsUnknown = 0
  for (const sum of found) {
    const step = steps[sum.step]
    if (step) step.requests += sum.requests
    if (step && sum.isError) step.errors += sum.requests
    if (!sum.isError) {
      durations.set(sum.durationClass, (durations.get(sum.durationClass) ?? 0) + sum.requests)
    }
    costNanoUsd += sum.costNanoUsd
    costsUnknown += sum.costsUnknown
  }
  const duration = percentilesOf(durations)
  const round = (ms: number) => Number(ms.toPrecision(3))
  return {
    steps,
    requests: steps.reduce((sum, { requests }) => sum + requests, 0),
    errors: steps.reduce((sum, { errors }) => sum + errors, 0),
    cost_usd: formatUsd(costNanoUsd),
    costs_unknown: costsUnknown,
    ...(duration && {
      duration_ms: { p50: round(duration.p50), p95: round(duration.p95), p99: round(duration.p99) },
    }),
  }
}
