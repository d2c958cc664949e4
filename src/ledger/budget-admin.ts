/** The administration routes of budgets: what they are, and how far each is used. */

import { z } from 'zod'
import { offsetCursor, pageLimit } from '../admin/query.ts'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { periods } from '../config/budget-settings.ts'
import { GatewayError } from '../core/error.ts'
import { formatUsd, parseUsd } from '../core/money.ts'
import { type Budget, budgetScopes, windowOf } from './budget.ts'
import type { BudgetState } from './budget-states.ts'
import type { Budgets } from './budgets.ts'
import type { BudgetBook } from './stored-budgets.ts'

export interface BudgetRouteParts {
  readonly budgets: Budgets
  readonly book: BudgetBook
  nowMs(): number
  newId(): string
  /** Is there a route of this name? */
  hasRoute(name: string): boolean
}

/** `/budgets` and what is below it. */
export function budgetRoutes(parts: BudgetRouteParts): readonly AdminRoute[] {
  const { budgets, book, nowMs, newId } = parts
  const view = async (budget: Budget) => toView(budget, await budgets.allStatesOf(budget, nowMs()), nowMs())
  const stored = (org: string, id = ''): Budget => {
    const budget = book.stored(org, id)
    if (budget) return budget
    if (book.all.some((other) => other.id === id && other.org === org)) {
      throw new GatewayError(
        'conflict',
        'It stands in the configuration, or is that of a key, a team or a user: change it there.',
      )
    }
    throw new GatewayError('not_found', 'There is no such budget.')
  }
  return [
    adminRoute({
      method: 'GET',
      path: '/budgets',
      policy: 'traffic:read',
      summary: 'Every budget, with what each of its subjects has spent in the period of now.',
      query: z.strictObject({
        scope: z.enum(budgetScopes).optional(),
        limit: pageLimit,
        cursor: offsetCursor,
      }),
      response: z.object({ data: z.array(budgetShape), next_cursor: z.string().optional() }),
      async run({ org, query: { scope, limit, cursor = '0' } }) {
        await book.changed()
        const found = book.all.filter(
          (budget) => budget.org === org && (scope === undefined || budget.scope === scope),
        )
        const end = Number(cursor) + limit
        return {
          body: {
            data: await Promise.all(found.slice(Number(cursor), end).map(view)),
            ...(end < found.length && { next_cursor: String(end) }),
          },
        }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/budgets',
      policy: 'operations:write',
      audit: { action: 'budget.create', object: ({ body }) => `budget:${body.scope}:${body.subject ?? '*'}` },
      summary: 'Makes a budget. It counts what has been spent in its period already.',
      body: budgetBody,
      response: budgetShape,
      async run({ org, body }) {
        const budget = checked(toBudget(newId(), org, body), parts)
        await book.put(budget)
        return { status: 201, body: await view(budget) }
      },
    }),
    adminRoute({
      method: 'PUT',
      path: '/budgets/{id}',
      policy: 'operations:write',
      audit: { action: 'budget.change', object: ({ params }) => `budget:${Object.values(params).join()}` },
      summary: 'Replaces a budget that was made through this API.',
      body: budgetBody,
      response: budgetShape,
      async run({ org, params: { id }, body }) {
        const budget = checked(toBudget(stored(org, id).id, org, body), parts)
        await book.put(budget)
        return { body: await view(budget) }
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: '/budgets/{id}',
      policy: 'operations:write',
      audit: { action: 'budget.remove', object: ({ params }) => `budget:${Object.values(params).join()}` },
      summary: 'Removes a budget that was made through this API.',
      async run({ org, params: { id } }) {
        await book.remove(org, stored(org, id).id)
        return {}
      },
    }),
  ]
}

const usd = z
  .string()
  .refine((value) => (parseUsd(value) ?? -1) >= 0, 'Write USD as a decimal string, such as "20".')
  .transform((value) => parseUsd(value)!)

const budgetBody = z.strictObject({
  scope: z.enum(budgetScopes),
  subject: z
    .string()
    .min(1)
    .max(300)
    .optional()
    .describe(
      'A name or an id, of a model `provider/model`; with `*`, all that match share one. Absent: each has its own.',
    ),
  usd,
  period: z.enum(periods),
  window: z.enum(['calendar', 'rolling']).default('calendar'),
  cap: z.enum(['hard', 'soft']).default('soft'),
  alert_at: z.array(z.number().gt(0).max(10)).max(10).default([0.8, 1]),
  fallback: z
    .string()
    .min(1)
    .max(200)
    .optional()
    .describe('The route to take while a soft budget is used up.'),
})

function toBudget(id: string, org: string, body: z.output<typeof budgetBody>): Budget {
  const { scope, subject, period, window, cap, alert_at: alertAt, fallback } = body
  return {
    id,
    org,
    scope,
    capNanoUsd: body.usd,
    period,
    isRolling: window === 'rolling',
    isHard: cap === 'hard',
    alertAt: alertAt.toSorted((a, b) => a - b),
    origin: 'stored',
    ...(subject !== undefined && { subject }),
    ...(fallback !== undefined && { fallback }),
  }
}

/** Throws `invalid_request`. */
function checked(budget: Budget, { hasRoute }: BudgetRouteParts): Budget {
  const { scope, subject, fallback, isHard } = budget
  if (scope === 'tag' && subject?.includes('*')) {
    throw new GatewayError('invalid_request', 'A budget of tags is of one tag or of each: no `*`.', {
      param: 'subject',
    })
  }
  if (fallback === undefined) return budget
  if (isHard) {
    throw new GatewayError('invalid_request', 'A hard budget refuses: only a soft one has a `fallback`.', {
      param: 'fallback',
    })
  }
  if (!hasRoute(fallback)) {
    throw new GatewayError('invalid_request', `There is no route \`${fallback}\`.`, { param: 'fallback' })
  }
  return budget
}

const budgetShape = z.object({
  id: z.string(),
  origin: z.enum(['declared', 'stored', 'own', 'credit']),
  scope: z.enum(budgetScopes),
  subject: z.string().optional(),
  usd: z.string().describe('The cap.'),
  period: z.enum(periods),
  window: z.enum(['calendar', 'rolling']),
  cap: z.enum(['hard', 'soft']),
  alert_at: z.array(z.number()),
  fallback: z.string().optional(),
  period_ends_at: z.iso.datetime().optional().describe('Of the period of now; absent for a total.'),
  states: z
    .array(
      z.object({
        subject: z.string(),
        spent_usd: z.string(),
        reserved_usd: z.string().describe('Held by calls under way.'),
        remaining_usd: z.string(),
      }),
    )
    .describe('The subjects that have spent anything, those that have spent most first; at most 1,000.'),
})

const maxStates = 1_000

function toView(budget: Budget, states: readonly BudgetState[], nowMs: number): z.output<typeof budgetShape> {
  const { id, origin, scope, subject, capNanoUsd, period, isRolling, isHard, alertAt, fallback } = budget
  const { untilMs } = windowOf(budget, nowMs)
  return {
    id,
    origin,
    scope,
    ...(subject !== undefined && { subject }),
    usd: formatUsd(capNanoUsd),
    period,
    window: isRolling ? 'rolling' : 'calendar',
    cap: isHard ? 'hard' : 'soft',
    alert_at: [...alertAt],
    ...(fallback !== undefined && { fallback }),
    ...(!isRolling && period !== 'total' && { period_ends_at: new Date(untilMs).toISOString() }),
    states: states
      .toSorted((a, b) => b.spentNanoUsd - a.spentNanoUsd)
      .slice(0, maxStates)
      .map((state) => ({
        subject: state.subject,
        spent_usd: formatUsd(state.spentNanoUsd),
        reserved_usd: formatUsd(state.reservedNanoUsd),
        remaining_usd: formatUsd(Math.max(0, capNanoUsd - state.spentNanoUsd - state.reservedNanoUsd)),
      })),
  }
}
