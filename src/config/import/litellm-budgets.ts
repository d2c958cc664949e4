/** Budgets of LiteLLM's proxy as ours. Pure. https://docs.litellm.ai/docs/proxy/users, .../provider_budget_routing */

import { asNumber, asObject, asString, type Json, type JsonObject } from '../../core/json.ts'
import type { ImportDraft } from './draft.ts'

/** The members that `addBudgets` and `addModelBudget` read, by the section that they stand in. */
export const budgetMembers = {
  library: [
    'max_budget',
    'budget_duration',
    'max_internal_user_budget',
    'internal_user_budget_duration',
    'max_end_user_budget',
  ],
  router: ['provider_budget_config'],
  deployment: ['max_budget', 'budget_duration'],
} as const

/** What holds for all, for each user, and for a provider as a whole. */
export function addBudgets(draft: ImportDraft, library: JsonObject, router: JsonObject): void {
  const at = 'litellm_settings'
  add(
    draft,
    `${at}.max_budget`,
    { scope: 'organisation' },
    { limit: library['max_budget'], duration: library['budget_duration'] },
  )
  add(
    draft,
    `${at}.max_internal_user_budget`,
    { scope: 'user' },
    { limit: library['max_internal_user_budget'], duration: library['internal_user_budget_duration'] },
  )
  add(draft, `${at}.max_end_user_budget`, { scope: 'user' }, { limit: library['max_end_user_budget'] })
  for (const [name, terms] of Object.entries(asObject(router['provider_budget_config']) ?? {})) {
    const { budget_limit: limit, time_period: duration } = asObject(terms) ?? {}
    const path = `router_settings.provider_budget_config.${name}`
    const subjects = draft.providersOfType(draft.typeNamed(name))
    if (subjects.length === 0) draft.leave(path, 'no model of the list is of this provider')
    for (const subject of subjects) add(draft, path, { scope: 'provider', subject }, { limit, duration })
  }
}

/** `model` is `provider/model`. */
export function addModelBudget(draft: ImportDraft, model: string, params: JsonObject, path: string): void {
  const { max_budget: limit, budget_duration: duration } = params
  add(draft, `${path}.litellm_params.max_budget`, { scope: 'model', subject: model }, { limit, duration })
}

function add(
  draft: ImportDraft,
  path: string,
  whose: { readonly scope: string; readonly subject?: string },
  { limit, duration }: { readonly limit: Json | undefined; readonly duration?: Json | undefined },
): void {
  const usd = asNumber(limit)
  if (usd === undefined) return
  const period = duration === undefined ? 'total' : periods[asString(duration) ?? '']
  const cap = Number(usd.toFixed(9))
  if (period === undefined || cap < 0 || cap > 1_000_000) {
    draft.leave(path, 'there is no period of this length here; choose one under `budgets`')
    return
  }
  // LiteLLM refuses what comes after a budget is used up.
  draft.budget({ ...whose, usd: cap, period, cap: 'hard' })
}

/** LiteLLM writes spans; those that are a calendar's begin anew with it, there as here. */
const periods: Readonly<Record<string, string>> = {
  '60m': 'hour',
  '1h': 'hour',
  '24h': 'day',
  '1d': 'day',
  '7d': 'week',
  '30d': 'month',
  '1mo': 'month',
  '90d': 'quarter',
  '365d': 'year',
}
