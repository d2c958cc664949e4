/** Builds budgets: those of the configuration, of keys and of the store, and who is told of them. */

import { createHash } from 'node:crypto'
import type { Signal } from '../alerts/alert.ts'
import type { Directory } from '../access/directory.ts'
import { declaredKeyId } from '../access/keys.ts'
import type { StoredThing } from '../access/port.ts'
import type { OwnBudget } from '../config/budget-settings.ts'
import type { Config } from '../config/load.ts'
import { formatUsd, parseUsd } from '../core/money.ts'
import type { Budget } from '../ledger/budget.ts'
import type { BudgetEvent } from '../ledger/budget-events.ts'
import type { Credit } from '../ledger/credits.ts'
import { driftAccount } from './accounts.ts'

/** Budgets that stand in the configuration. One that is changed there is another one. */
export function declaredBudgets({
  budgets,
  keys,
  drift,
}: Pick<Config, 'budgets' | 'keys' | 'drift'>): Budget[] {
  const ofKeys = keys.flatMap(({ name, budgets: own = [] }) =>
    own.map((budget) => ({ ...budget, scope: 'key' as const, subject: declaredKeyId(name) })),
  )
  const declared = [...budgets, ...ofKeys].map(toBudget)
  return drift.maxUsdPerDay === undefined ? declared : [...declared, budgetOfDrift(drift.maxUsdPerDay)]
}

function budgetOfDrift(usd: string | number): Budget {
  return {
    id: 'declared:drift',
    org: 'default',
    scope: 'key',
    subject: driftAccount,
    capNanoUsd: parseUsd(String(usd))!,
    period: 'day',
    isRolling: false,
    isHard: true,
    alertAt: [0.8, 1],
    origin: 'declared',
  }
}

/** Budgets of stored keys, teams and users, of those that still stand. One that is changed is another one. */
export function ownBudgetsOf({ keys, teams, users }: Pick<Directory, 'keys' | 'teams' | 'users'>): Budget[] {
  const of = (scope: 'key' | 'team' | 'user', { org, id }: StoredThing, own: readonly OwnBudget[] = []) =>
    own.map((budget) => {
      const { period, window, cap } = budget
      return {
        ...toBudget({ ...budget, scope, subject: id }),
        id: `own:${id}:${digest([period, window, cap])}`,
        org,
        origin: 'own' as const,
      }
    })
  return [
    ...[...keys.values()].flatMap((key) =>
      key.revokedAtMs === undefined ? of('key', key, key.rules.budgets) : [],
    ),
    ...[...teams.values()].flatMap((team) =>
      team.removedAtMs === undefined ? of('team', team, team.budgets) : [],
    ),
    ...[...users.values()].flatMap((user) =>
      user.removedAtMs === undefined ? of('user', user, user.budgets) : [],
    ),
  ]
}

/** Of the teams that pay in advance. */
export function creditsOf({ teams }: Pick<Directory, 'teams'>): Credit[] {
  return [...teams.values()].flatMap(({ org, id, creditNanoUsd, removedAtMs }) =>
    creditNanoUsd === undefined || removedAtMs !== undefined ? [] : [{ org, team: id, creditNanoUsd }],
  )
}

type DeclaredBudget = Config['budgets'][number]

function toBudget({ scope, subject, usd, period, window, cap, alertAt, fallback }: DeclaredBudget): Budget {
  return {
    id: `declared:${digest([scope, subject ?? null, period, window, cap])}`,
    org: 'default',
    scope,
    capNanoUsd: parseUsd(String(usd))!,
    period,
    isRolling: window === 'rolling',
    isHard: cap === 'hard',
    alertAt: alertAt.toSorted((a, b) => a - b),
    origin: 'declared',
    ...(subject !== undefined && { subject }),
    ...(fallback !== undefined && { fallback }),
  }
}

function digest(value: unknown): string {
  return createHash('sha256').update(JSON.stringify(value)).digest('hex').slice(0, 12)
}

/** What is told to operators when a budget comes near its cap. */
export function toSignal(event: BudgetEvent): Signal {
  const { is, budget, subject, subjectId, share, spentNanoUsd, untilMs } = event
  const spent = formatUsd(spentNanoUsd)
  const cap = formatUsd(budget.capNanoUsd)
  const whose = `${budget.scope} ${subject}`
  return {
    org: budget.org,
    kind: 'budget',
    subject: `${budget.id}|${subject}`,
    severity: share >= 1 ? 'critical' : 'warning',
    summary:
      is === 'refused'
        ? `Calls of ${whose} are refused: ${spent} of ${cap} USD per ${budget.period} are spent.`
        : `${whose} has spent ${spent} of ${cap} USD per ${budget.period} (${Math.round(share * 100)} % reached).`,
    detail: {
      budget: budget.id,
      scope: budget.scope,
      subject,
      subject_id: subjectId,
      share,
      spent_usd: spent,
      cap_usd: cap,
      is_refusing: is === 'refused',
      ...(untilMs !== undefined && { period_ends_at: new Date(untilMs).toISOString() }),
    },
  }
}
