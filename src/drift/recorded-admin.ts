/** The administration route that makes a golden set of recorded requests. */

import { z } from 'zod'
import { isoTime } from '../admin/query.ts'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import { defined } from '../core/json.ts'
import { keepSent } from './golden-shelf.ts'
import { choosePrompts, goldenText, type RecordedAsk } from './recorded.ts'
import type { Schedules } from './schedules.ts'
import type { CheckSet } from './set-admin.ts'
import type { DriftWatch } from './watch.ts'

export interface RecordedQuery {
  readonly org: string
  readonly route: string
  readonly fromMs?: number
  readonly toMs?: number
  readonly user?: string
  readonly session?: string
  readonly tag?: string
  readonly cursor?: string
}

export interface RecordedPage {
  readonly data: readonly RecordedAsk[]
  /** With those that are left out of `data`. */
  readonly lookedAt: number
  readonly nextCursor?: string
}

/** Recorded traffic as the watch for drift sees it. */
export interface RecordedTraffic {
  /** One page of what callers asked and got an answer to, newest first. */
  page(query: RecordedQuery): Promise<RecordedPage>
  /** What the route puts before requests, in any of its revisions. */
  promptsOf(route: string): readonly string[]
}

export interface RecordedRouteParts {
  readonly traffic: RecordedTraffic
  readonly watch: Pick<DriftWatch, 'shelf'>
  readonly schedules: Pick<Schedules, 'decide'>
  readonly check: CheckSet
}

export function recordedRoutes({
  traffic,
  watch,
  schedules,
  check,
}: RecordedRouteParts): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'POST',
      path: '/drift/golden-sets',
      isOfInstance: true,
      // It shows what callers wrote.
      policy: 'operations:write',
      audit: {
        action: 'drift.choose',
        object: ({ body: { name, route } }) => `golden-set:${name ?? nameOf(route)}`,
      },
      summary: 'Makes a golden set of recorded requests of a route, and keeps it as the newest version.',
      body,
      response: z.object({
        name: z.string(),
        version: z.int(),
        file: z.string(),
        text: z.string().describe('The set as a file: read it, and add what is to hold.'),
        prompts: z.int(),
        questions: z.int().describe('Different questions among which was chosen.'),
        looked_at: z.int().describe('Recorded requests.'),
        skipped: z.record(z.string(), z.int()).describe('Requests that are no prompt, by the reason.'),
      }),
      async run(call) {
        const { org, actor, body: given } = call
        const { route, target = route, name = nameOf(route), samples, schedule } = given
        const { asks, lookedAt } = await collect(traffic, org, given)
        // A provider's model is asked without the route: then what the route adds belongs to the prompt.
        const routePrompts = target.split('@')[0] === route ? traffic.promptsOf(route) : []
        const { prompts, skipped, questions } = await choosePrompts(asks, {
          count: given.prompts,
          routePrompts,
        })
        if (prompts.length === 0) throw nothingFound(route, asks.length, skipped)
        const description = `Chosen from ${questions} questions that ${route} was asked.`
        const text = goldenText(defined({ name, description, target, samples, schedule }), prompts)
        const file = `${name}.yaml`
        const sent = { file, files: { [file]: text } }
        const { version } = await keepSent(watch.shelf, org, sent, { check: (set) => check(call, set) })
        if (schedule !== undefined) await schedules.decide(org, name, { schedule }, actor)
        return {
          status: 201,
          body: {
            name,
            version: version.version,
            file,
            text,
            prompts: prompts.length,
            questions,
            looked_at: lookedAt,
            skipped,
          },
        }
      },
    }),
  ]
}

type Body = z.output<typeof body>

const body = z.strictObject({
  route: z.string().min(1).describe('Whose recorded requests.'),
  name: z.string().min(1).max(64).optional().describe('Of the set; `ROUTE-traffic` where absent.'),
  target: z.string().min(1).optional().describe('What is watched; the route where absent.'),
  prompts: z.int().min(1).max(200).default(50).describe('At most so many.'),
  samples: z.int().min(1).max(100).optional(),
  schedule: z.string().min(1).optional().describe('A cron expression: the set runs by it from now on.'),
  from: isoTime.optional(),
  to: isoTime.optional(),
  user: z.string().optional(),
  session: z.string().optional(),
  tag: z.string().optional(),
  look_at: z.int().min(1).max(10_000).default(2_000).describe('About so many of the newest requests.'),
})

const nameOf = (route: string): string => `${route.toLowerCase().replace(/[^a-z0-9._-]/g, '-')}-traffic`

async function collect(traffic: RecordedTraffic, org: string, given: Body) {
  const { route, from: fromMs, to: toMs, user, session, tag, look_at: most } = given
  const query = { org, route, ...defined({ fromMs, toMs, user, session, tag }) }
  const found: RecordedAsk[] = []
  let cursor: string | undefined
  let lookedAt = 0
  do {
    const page = await traffic.page({ ...query, ...(cursor !== undefined && { cursor }) })
    found.push(...page.data)
    lookedAt += page.lookedAt
    cursor = page.nextCursor
  } while (cursor !== undefined && lookedAt < most)
  return { asks: found, lookedAt }
}

function nothingFound(route: string, asks: number, skipped: Readonly<Record<string, number>>): GatewayError {
  const reasons = Object.entries(skipped).map(([why, count]) => `${count} ${why}`)
  const why = asks === 0 ? 'none is recorded: see `payloads`' : reasons.join(', ')
  return new GatewayError('invalid_request', `No request of ${route} can be a golden prompt: ${why}.`)
}
