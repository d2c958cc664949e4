/** The administration route of what requests come to. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import { formatUsd } from '../core/money.ts'
import {
  type FigureSpan,
  figureSpans,
  type FigureWindow,
  figureWindow,
  type RequestFigures,
  type SpanFigures,
} from './figures.ts'
import { filterShape, type KeysOfTeams, keysSeen, toFilters } from './search-query.ts'
import { durationRowsMs, type Figures, type Percentiles } from './tally.ts'
import { windowBetween, type WindowFigures } from './window-figures.ts'

export interface FigureRouteParts {
  /** Of all requests, up to now. */
  readonly figures: RequestFigures
  /** Of any others. */
  readonly windows: WindowFigures
  readonly keysOfTeams: KeysOfTeams
  nowMs(): number
}

/** `GET /requests/figures`; it stands before `/requests/{id}`. */
export function figureRoutes(parts: FigureRouteParts): readonly AdminRoute[] {
  const { figures, windows, keysOfTeams, nowMs } = parts
  return [
    adminRoute({
      method: 'GET',
      path: '/requests/figures',
      policy: 'requests:read',
      summary:
        "What the requests of a span come to, step by step and against the period before; this instance's. A role in a team is told those of its keys.",
      query: figuresQuery,
      response: z.object({
        from: z.iso.datetime(),
        step_ms: z.int(),
        row_starts_ms: z
          .array(z.number())
          .describe('Where each row of `duration_rows` begins; its ends are open.'),
        steps: z.array(
          figuresShape.extend({
            duration_rows: z
              .array(z.int())
              .describe('Those answered without an error, by how long they took.'),
          }),
        ),
        now: figuresShape,
        before: figuresShape.optional().describe('Absent where `cmp` is `off`, as `before_steps` is.'),
        before_steps: z
          .array(figuresShape)
          .optional()
          .describe('Of the period before: the first is held against the first of `steps`.'),
      }),
      async run({ org, teams, query: { range, from, to, cmp, ...given } }) {
        const isCompared = cmp === 'prev'
        const filters = toFilters({ org, query: given, teams }, keysOfTeams)
        const summed = (window: FigureWindow) => windows.of({ filters, window, isCompared })
        const { team, ...narrowed } = given
        const isOfAll = Object.values(narrowed).every((value) => value === undefined)
        const keys = keysSeen({ org, team, teams }, keysOfTeams)
        const found = await (from !== undefined || to !== undefined
          ? summed(readWindow(from, to))
          : isOfAll
            ? figures.of(org, range, keys)
            : summed(figureWindow(range, nowMs())))
        const { fromMs, stepMs, steps, now, before, beforeSteps }: SpanFigures = found
        return {
          body: {
            from: new Date(fromMs).toISOString(),
            step_ms: stepMs,
            row_starts_ms: durationRowsMs.map((ms) => Math.round(ms)),
            steps: steps.map(({ durationRows, ...step }) => ({
              ...toView(step),
              duration_rows: [...durationRows],
            })),
            now: toView(now),
            ...(isCompared && {
              before: toView(before),
              before_steps: beforeSteps.map(toView),
            }),
          },
        }
      },
    }),
  ]
}

const figuresQuery = z.strictObject({
  range: z
    .enum(Object.keys(figureSpans) as [FigureSpan, ...FigureSpan[]])
    .default('24h')
    .describe('Up to now; `mtd` is the month so far, UTC.'),
  cmp: z.enum(['prev', 'off']).default('prev').describe('Whether the period before is told too.'),
  ...filterShape,
  from: filterShape.from.describe('With `to`, in place of `range`: a window of time.'),
  to: filterShape.to.describe('Exclusive.'),
})

const maxWindowMs = 366 * 24 * 60 * 60 * 1_000

/** Throws `invalid_request`. */
function readWindow(fromMs: number | undefined, toMs: number | undefined): FigureWindow {
  const fault = (message: string, param: string) => new GatewayError('invalid_request', message, { param })
  if (fromMs === undefined) throw fault('A window has a `from` and a `to`.', 'from')
  if (toMs === undefined) throw fault('A window has a `from` and a `to`.', 'to')
  if (toMs <= fromMs) throw fault('`to` is not after `from`.', 'to')
  if (toMs - fromMs > maxWindowMs) throw fault('A window is at most 366 days.', 'from')
  return windowBetween(fromMs, toMs)
}

const percentilesShape = z
  .object({ p50: z.number(), p95: z.number(), p99: z.number() })
  .describe('To within four per cent.')

const figuresShape = z.object({
  requests: z.int(),
  errors: z.int().describe('Answered with a status of 400 or more.'),
  duration_ms: percentilesShape.optional().describe('Of what was answered without an error.'),
  first_token_ms: percentilesShape.optional(),
  cache_hits: z.int(),
  cache_misses: z.int(),
  cache_saved_usd: z.string().describe('What the answers had cost that the cache gave again.'),
})

function toView(figures: Figures): z.output<typeof figuresShape> {
  const { requests, errors, hits, misses, savedNanoUsd, durationMs, firstTokenMs } = figures
  return {
    requests,
    errors,
    cache_hits: hits,
    cache_misses: misses,
    cache_saved_usd: formatUsd(savedNanoUsd),
    ...(durationMs && { duration_ms: rounded(durationMs) }),
    ...(firstTokenMs && { first_token_ms: rounded(firstTokenMs) }),
  }
}

function rounded({ p50, p95, p99 }: Percentiles): Percentiles {
  const round = (ms: number) => Number(ms.toPrecision(3))
  return { p50: round(p50), p95: round(p95), p99: round(p99) }
}
