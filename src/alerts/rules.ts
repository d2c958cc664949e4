/** What is watched and from when it is an alert, in words: what the configuration in force says. */

import type { Config } from '../config/load.ts'
import { formatUsd, parseUsd } from '../core/money.ts'
import type { AlertKind } from './alert.ts'

export interface AlertRule {
  readonly kind: AlertKind
  readonly watches: string
  /** Absent: the thing itself is the alert. */
  readonly limit?: string
  /** Where the limit is set. */
  readonly setting?: string
}

export function rulesOf({ rules }: Pick<Config['alerts'], 'rules'>): readonly AlertRule[] {
  const { providerFailures, spendAnomaly, retirementDays, keyAgeDays, credentialAgeDays } = rules
  const at = (name: string) => `alerts.rules.${name}`
  return [
    {
      kind: 'budget',
      watches: 'A budget is nearly used up, or refuses calls.',
      limit: 'its own',
      setting: 'budgets',
    },
    {
      kind: 'spend-anomaly',
      watches: 'A key spends more in an hour than in its last week.',
      limit: `score ${spendAnomaly.score}, from ${formatUsd(parseUsd(String(spendAnomaly.minUsd)) ?? 0)} USD`,
      setting: at('spendAnomaly'),
    },
    {
      kind: 'provider-failures',
      watches: 'Attempts at a provider fail within five minutes.',
      limit: `${Math.round(providerFailures.share * 100)} % of ${providerFailures.minAttempts} or more`,
      setting: at('providerFailures'),
    },
    { kind: 'credential-parked', watches: 'A provider refuses a key, or its quota is used up.' },
    {
      kind: 'credential-age',
      watches: "A provider's key has been in use for long.",
      limit: `${credentialAgeDays} days`,
      setting: at('credentialAgeDays'),
    },
    {
      kind: 'key-age',
      watches: 'The secret of an API key was never renewed.',
      limit: `${keyAgeDays} days`,
      setting: at('keyAgeDays'),
    },
    {
      kind: 'model-retirement',
      watches: "A route's model ends.",
      limit: `${retirementDays} days before`,
      setting: at('retirementDays'),
    },
    { kind: 'price-change', watches: "The price of a route's model changes." },
    { kind: 'drift', watches: 'A model answers a golden set otherwise than before.', setting: 'drift' },
    { kind: 'experiment', watches: 'An experiment has a winner, does harm or is out of balance.' },
    { kind: 'ledger', watches: 'The books do not agree with their lines.' },
    { kind: 'disk', watches: 'The disk of the data directory fills up.' },
  ]
}
