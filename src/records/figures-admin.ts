/** The administration route of what requests come to. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { formatUsd } from '../core/money.ts'
import { type FigureSpan, figureSpans, type RequestFigures } from './figures.ts'
import { durationRowsMs, type Figures, type Percentiles } from './tally.ts'

export interface FigureRouteParts {
  readonly figures: RequestFigures
  /** The ids of the keys that are these teams': of whose requests a role in them sees figures. */
  keysOfTeams(org: string, teams: ReadonlySet<string>): ReadonlySet<string>
}

/** `GET /requests/figures`; it stands before `/requests/{id}`. */
export function figureRoutes({ figures, keysOfTeams }: FigureRouteParts): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/requests/figures',
      policy: 'requests:read',
      summary:
        "What the requests of a span up to now come to, step by step and against the span before; this instance's. A role in a team is told those of its keys.",
      query: z.strictObject({
        range: z.enum(Object.keys(figureSpans) as [FigureSpan, ...FigureSpan[]]).default('24h'),
      }),
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
        before: figuresShape,
      }),
      async run({ org, teams, query: { range } }) {
        const keys = teams && keysOfTeams(org, teams)
        const { fromMs, stepMs, steps, now, before } = await figures.of(org, range, keys)
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
            before: toView(before),
          },
        }
      },
    }),
  ]
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
