/** The administration route that makes a suite of recorded requests. */

import { z } from 'zod'
import { isoTime } from '../admin/query.ts'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { defined } from '../core/json.ts'
import { type RecordedAsk, toDataset } from './dataset.ts'

export interface TrafficQuery {
  readonly org: string
  readonly route: string
  readonly fromMs?: number
  readonly toMs?: number
  readonly user?: string
  readonly session?: string
  readonly tag?: string
  readonly cursor?: string
}

export interface Traffic {
  /** One page of recorded requests with their feedback, newest first. */
  page(query: TrafficQuery): Promise<{ readonly data: readonly RecordedAsk[]; readonly nextCursor?: string }>
  /** One of them, whatever became of it. Undefined where it is not recorded. */
  find(org: string, requestId: string): Promise<RecordedAsk | undefined>
  /** What the route puts before requests, in any of its revisions. */
  promptsOf(route: string): readonly string[]
}

/** Recorded requests that one call looks at. */
const maxLookedAt = 10_000

export function datasetRoutes(traffic: Traffic): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'POST',
      path: '/evals/datasets',
      isOfInstance: true,
      // It shows what callers wrote.
      policy: 'operations:write',
      audit: {
        action: 'eval.dataset',
        object: ({ body: { route } }) => (route === undefined ? 'requests' : `route:${route}`),
      },
      summary: 'Makes a suite of recorded requests and what people said of their answers.',
      body,
      response: z.object({
        suite: z
          .record(z.string(), z.unknown())
          .describe('A suite: save it, read it, and add what is to hold.'),
        cases: z.int(),
        skipped: z.record(z.string(), z.int()).describe('Requests that are no case, by the reason.'),
      }),
      async run({ org, body: given }) {
        const { asks, lost } = await collect(traffic, org, given)
        const { route, name = `${route ?? 'chosen'}-traffic`, reference, candidate } = given
        const routes = new Set(asks.flatMap((ask) => ask.route ?? []))
        const { suite, cases, skipped } = toDataset(asks, {
          name,
          reference,
          routePrompts: [...routes].flatMap((each) => traffic.promptsOf(each)),
          ...(candidate !== undefined && { candidate }),
        })
        return { body: { suite, cases, skipped: { ...skipped, ...(lost > 0 && { 'not recorded': lost }) } } }
      },
    }),
  ]
}

const share = z.number().min(0).max(1)

type Body = z.output<typeof body>

const body = z
  .strictObject({
    route: z.string().min(1).optional(),
    requests: z
      .array(z.string().min(1).max(100))
      .min(1)
      .max(500)
      .optional()
      .describe('The ids of the requests themselves, in place of a route and what narrows it.'),
    name: z.string().min(1).max(80).optional().describe('Of the suite.'),
    candidate: z.string().min(1).optional(),
    from: isoTime.optional(),
    to: isoTime.optional(),
    user: z.string().optional(),
    session: z.string().optional(),
    tag: z.string().optional(),
    label: z.string().optional().describe('Only requests whose feedback has it.'),
    min_score: share.optional().describe('Only requests with a score of at least this.'),
    max_score: share.optional().describe('Only requests with a score of at most this.'),
    reference: z
      .enum(['none', 'factuality', 'similar', 'equals'])
      .default('none')
      .describe('The assertion that an answer which nobody disliked becomes.'),
    limit: z.int().min(1).max(2_000).default(200).describe('Requests that become cases.'),
  })
  .refine(({ route, requests }) => (route === undefined) !== (requests === undefined), {
    message: 'Name a route or requests.',
  })

interface Collected {
  readonly asks: readonly RecordedAsk[]
  /** How many were named that are not recorded. */
  readonly lost: number
}

async function collect(traffic: Traffic, org: string, given: Body): Promise<Collected> {
  const { route, requests = [] } = given
  if (route !== undefined) return { asks: await ofRoute(traffic, { ...given, org, route }), lost: 0 }
  const found = await Promise.all([...new Set(requests)].map((id) => traffic.find(org, id)))
  const asks = found.filter((ask) => ask !== undefined)
  return { asks, lost: found.length - asks.length }
}

async function ofRoute(
  traffic: Traffic,
  given: Body & { readonly org: string; readonly route: string },
): Promise<RecordedAsk[]> {
  const { org, route, from: fromMs, to: toMs, user, session, tag, limit } = given
  const query = { org, route, ...defined({ fromMs, toMs, user, session, tag }) }
  const found: RecordedAsk[] = []
  let cursor: string | undefined
  let lookedAt = 0
  do {
    const page = await traffic.page({ ...query, ...(cursor !== undefined && { cursor }) })
    lookedAt += page.data.length
    found.push(...page.data.filter((ask) => isWanted(ask, given)))
    cursor = page.nextCursor
  } while (cursor !== undefined && found.length < limit && lookedAt < maxLookedAt)
  return found.slice(0, limit)
}

function isWanted({ score, label }: RecordedAsk, wanted: Body): boolean {
  if (wanted.label !== undefined && label !== wanted.label) return false
  if (wanted.min_score !== undefined && (score === undefined || score < wanted.min_score)) return false
  return wanted.max_score === undefined || (score !== undefined && score <= wanted.max_score)
}
