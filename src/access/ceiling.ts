/** Whether the rules of one key go beyond those of another: what is made of a right is never more than that right. */

import type { OwnBudget } from '../config/budget-settings.ts'
import { GatewayError } from '../core/error.ts'
import { globPattern } from '../core/glob.ts'
import { type NanoUsd, parseUsd } from '../core/money.ts'
import type { KeyLimits, KeyRules } from './port.ts'

/**
 * `rules`, with what they leave open taken from the ceiling, and its budgets and tags beside theirs. Throws
 * `permission_denied`, naming the rule, where they ask for more than the ceiling allows.
 */
export function withinCeiling(rules: KeyRules, ceiling: KeyRules): KeyRules {
  checkList('models', rules.models, ceiling.models, coversGlob)
  checkList('clearances', rules.clearances ?? [], ceiling.clearances, (own, wanted) => own === wanted)
  checkList(
    'allowed_addresses',
    rules.allowedAddresses,
    ceiling.allowedAddresses,
    (own, wanted) => own === wanted,
  )
  checkRegion(rules.dataRegion, ceiling.dataRegion)
  checkAmount('max_usd_per_request', rules.maxNanoUsdPerRequest, ceiling.maxNanoUsdPerRequest)
  if (rules.cacheWrite === true && ceiling.cacheWrite === false) throw beyond('cache_write', 'yours is false')
  for (const name of limitNames) {
    checkAmount(name, rules.limits?.[name], ceiling.limits?.[name])
  }
  const { clearances: _, ...inherited } = ceiling // what is sensitive is given by name, not by the way
  const limits: KeyLimits = { ...ceiling.limits, ...rules.limits }
  const budgets = [...budgetsLeft(rules, ceiling), ...(rules.budgets ?? [])]
  const tags = new Set([...(ceiling.tags ?? []), ...(rules.tags ?? [])])
  return {
    ...inherited,
    ...rules,
    ...(Object.keys(limits).length > 0 && { limits }),
    ...((ceiling.budgets ?? rules.budgets) && { budgets }),
    ...((ceiling.tags ?? rules.tags) && { tags: [...tags] }),
  }
}

/** Those of the ceiling that the rules have none of the same kind for. Throws where one of that kind allows more. */
function budgetsLeft(rules: KeyRules, ceiling: KeyRules): OwnBudget[] {
  return (ceiling.budgets ?? []).filter((most) => {
    const own = rules.budgets?.find(
      ({ period, window, cap }) => period === most.period && window === most.window && cap === most.cap,
    )
    checkAmount('budgets', own && nanoUsd(own), nanoUsd(most))
    return own === undefined
  })
}

function nanoUsd({ usd }: OwnBudget): NanoUsd {
  return parseUsd(String(usd))!
}

/**
 * Throws `permission_denied`, naming the rule, where what has these rules already may do more than the ceiling allows:
 * what they leave open is not inherited, and more than any bound.
 */
export function checkWithin(rules: KeyRules, ceiling: KeyRules): void {
  for (const [rule, name] of boundedRules) {
    if (ceiling[rule] !== undefined && rules[rule] === undefined)
      throw beyond(name, 'it is not bounded there')
  }
  for (const name of limitNames) {
    if (ceiling.limits?.[name] !== undefined && rules.limits?.[name] === undefined) {
      throw beyond(name, 'it is not bounded there')
    }
  }
  if (budgetsLeft(rules, ceiling).length > 0) throw beyond('budgets', 'some of yours is not there')
  if (ceiling.tags?.some((tag) => !rules.tags?.includes(tag)))
    throw beyond('tags', 'some of yours is not there')
  withinCeiling(rules, ceiling)
}

const limitNames = ['rpm', 'tpm', 'concurrency'] as const

const boundedRules = [
  ['models', 'models'],
  ['clearances', 'clearances'],
  ['allowedAddresses', 'allowed_addresses'],
  ['dataRegion', 'data_region'],
  ['maxNanoUsdPerRequest', 'max_usd_per_request'],
  ['cacheWrite', 'cache_write'],
] as const

/** A rule that is absent is open; from a ceiling that has it, it is inherited. */
function checkList(
  name: string,
  wanted: readonly string[] | undefined,
  ceiling: readonly string[] | undefined,
  covers: (own: string, wanted: string) => boolean,
): void {
  if (wanted === undefined || ceiling === undefined) return
  const excess = wanted.find((value) => !ceiling.some((own) => covers(own, value)))
  if (excess !== undefined) throw beyond(name, `\`${excess.slice(0, 100)}\` is not among yours`)
}

/** Every `*` of `wanted` is met by one of `own`: whatever it may stand for, `own` covers. */
function coversGlob(own: string, wanted: string): boolean {
  return globPattern(own).test(wanted)
}

function checkRegion(wanted: string | undefined, ceiling: string | undefined): void {
  if (wanted === undefined || ceiling === undefined || wanted === ceiling) return
  throw beyond('data_region', `yours is \`${ceiling}\``)
}

function checkAmount(name: string, wanted: number | undefined, ceiling: number | undefined): void {
  if (wanted === undefined || ceiling === undefined || wanted <= ceiling) return
  throw beyond(name, 'it is more than yours')
}

function beyond(param: string, why: string): GatewayError {
  return new GatewayError('permission_denied', `This goes beyond your own rights: ${param}: ${why}.`, {
    param,
  })
}
