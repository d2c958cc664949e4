/** The administration routes of guardrails: the rules in force, how often each has decided, and what about. */

import { z } from 'zod'
import { pageLimit } from '../admin/query.ts'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { defined } from '../core/json.ts'
import type { DecisionStore, GuardDecision } from './port.ts'

/** A rule as the configuration has it, without what it looks for: that may be a secret itself. */
export interface RuleView {
  readonly name: string
  readonly action: 'block' | 'redact' | 'flag'
  readonly on: readonly ('input' | 'output')[]
  /** In a few words, such as `detects email, phone`. */
  readonly looks: string
  /** Routes and models that it is in force for; `*` stands for any text. */
  readonly routes: readonly string[]
}

interface GuardrailRouteParts {
  /** Those in force. */
  readonly rules: () => readonly RuleView[]
  readonly decisions: DecisionStore
  readonly nowMs: () => number
}

const dayMs = 86_400_000
const actions = z.enum(['block', 'redact', 'flag', 'allow'])
const stages = z.enum(['input', 'output'])

export function guardrailRoutes({ rules, decisions, nowMs }: GuardrailRouteParts): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/guardrails',
      isOfInstance: true,
      policy: 'traffic:read',
      summary: 'The rules in force, and how often each has decided in the last days.',
      query: z.strictObject({ days: z.coerce.number().int().min(1).max(90).default(7) }),
      response: z.object({
        since: z.iso.datetime().describe('From when on decisions are counted.'),
        data: z.array(
          z.object({
            name: z.string(),
            action: actions,
            on: z.array(stages),
            looks: z.string(),
            routes: z.array(z.string()),
            decided: z.array(z.object({ stage: stages, action: actions, requests: z.int() })),
          }),
        ),
      }),
      run({ org, query: { days } }) {
        const { counts, fromMs } = decisions.count(org, nowMs() - days * dayMs)
        const data = rules().map((rule) => ({
          ...rule,
          decided: counts.flatMap(({ rule: name, ...count }) => (name === rule.name ? [count] : [])),
        }))
        return { body: { since: new Date(fromMs).toISOString(), data } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/guardrails/decisions',
      policy: 'traffic:read',
      summary: 'What rules have decided, newest first: kinds and numbers, never what was found.',
      query: z.strictObject({
        rule: z.string().optional(),
        action: actions.optional(),
        limit: pageLimit,
        cursor: z.string().max(64).optional().describe('`next_cursor` of the page before.'),
      }),
      response: z.object({ data: z.array(decisionShape), next_cursor: z.string().optional() }),
      run({ org, query: { limit, rule, action, cursor } }) {
        const page = decisions.list({ org, limit, ...defined({ rule, action, cursor }) })
        return {
          body: {
            data: page.data.map(toDecision),
            ...(page.nextCursor !== undefined && { next_cursor: page.nextCursor }),
          },
        }
      },
    }),
  ]
}

const decisionShape = z.object({
  request_id: z.string(),
  at: z.iso.datetime(),
  route: z.string().optional(),
  rule: z.string(),
  stage: stages,
  action: actions,
  found: z.record(z.string(), z.int()).describe('How often what kind was found.'),
})

function toDecision({ requestId, atMs, route, ...rest }: GuardDecision): z.output<typeof decisionShape> {
  return {
    ...rest,
    request_id: requestId,
    at: new Date(atMs).toISOString(),
    ...(route !== undefined && { route }),
  }
}
