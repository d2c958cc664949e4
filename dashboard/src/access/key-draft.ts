/** A key as a form holds it, and as the admin API takes it. Pure. */

import type { Given } from '../api/client.ts'
import { localMinuteOf } from '../format/time.ts'
import type { ApiKey } from '../api/owners.ts'

type NewKey = NonNullable<Given<'POST /keys'>['body']>
type KeyChange = NonNullable<Given<'PATCH /keys/{id}'>['body']>

/** What a number field holds: a number, or the empty text. */
type NumberField = number | string

export interface KeyDraft {
  readonly name: string
  readonly team: string
  readonly user: string
  readonly models: readonly string[]
  /** In the viewer's zone, as the browser's field for times writes it. */
  readonly expiresAt: string
  readonly rpm: NumberField
  readonly tpm: NumberField
  readonly concurrency: NumberField
  readonly maxUsd: string
  /** Addresses and ranges of them. */
  readonly addresses: readonly string[]
  readonly budgetUsd: string
  readonly budgetPeriod: BudgetPeriod
}

type KeyBudget = NonNullable<NewKey['budgets']>[number]
export type BudgetPeriod = KeyBudget['period']

export const blankKey: KeyDraft = {
  name: '',
  team: '',
  user: '',
  models: [],
  expiresAt: '',
  rpm: '',
  tpm: '',
  concurrency: '',
  maxUsd: '',
  addresses: [],
  budgetUsd: '',
  budgetPeriod: 'month',
}

export function draftOf(key: ApiKey): KeyDraft {
  const { name, team = '', user = '', models = [], limits, max_usd_per_request: maxUsd = '' } = key
  const { rpm = '', tpm = '', concurrency = '' } = limits ?? {}
  const expiresAt = key.expires_at === undefined ? '' : localMinuteOf(Date.parse(key.expires_at))
  const { allowed_addresses: addresses = [], budgets = [] } = key
  const { usd: budgetUsd = '', period: budgetPeriod = 'month' } = budgets[0] ?? {}
  const own = { name, team, user, models, expiresAt, rpm, tpm, concurrency, maxUsd }
  return { ...own, addresses, budgetUsd, budgetPeriod }
}

/** What is empty is left out. */
export function newKeyOf(draft: KeyDraft): NewKey {
  const given = Object.entries(changeOf(draft)).filter(([, value]) => value !== null)
  return Object.fromEntries(given) as unknown as NewKey
}

/** What is empty is taken away. `kept`: of its limits and budgets, what the form does not show. */
export function changeOf(draft: KeyDraft, kept: Pick<ApiKey, 'limits' | 'budgets'> = {}): KeyChange {
  const { name, team, user, models, expiresAt, maxUsd, addresses } = draft
  const { rpm: _rpm, tpm: _tpm, concurrency: _concurrency, ...others } = kept.limits ?? {}
  const limits = { ...others, ...limitsOf(draft) }
  return {
    name,
    team: orNull(team),
    user: orNull(user),
    models: models.length > 0 ? [...models] : null,
    expires_at: expiresAt === '' ? null : new Date(expiresAt).toISOString(),
    limits: Object.keys(limits).length > 0 ? limits : null,
    max_usd_per_request: orNull(maxUsd.trim()),
    allowed_addresses: addresses.length > 0 ? [...addresses] : null,
    ...(hasOneBudget(kept) && { budgets: budgetsOf(draft, kept.budgets?.[0]) }),
  }
}

/** The form has room for one; several are set by the command line, and stay as they are. */
export function hasOneBudget({ budgets = [] }: Pick<ApiKey, 'budgets'>): boolean {
  return budgets.length <= 1
}

function budgetsOf({ budgetUsd, budgetPeriod }: KeyDraft, kept?: KeyBudget): KeyBudget[] | null {
  const usd = budgetUsd.trim()
  if (usd === '') return null
  return [{ cap: 'hard', alert_at: [0.8, 1], ...kept, usd, period: budgetPeriod }]
}

function limitsOf({ rpm, tpm, concurrency }: KeyDraft): NonNullable<NewKey['limits']> {
  return {
    ...(typeof rpm === 'number' && { rpm }),
    ...(typeof tpm === 'number' && { tpm }),
    ...(typeof concurrency === 'number' && { concurrency }),
  }
}

function orNull(text: string): string | null {
  return text === '' ? null : text
}
