/** The detectors that come with Weir, by name. Each looks for a form that can be checked, so that it errs rarely. */

import type { Detector } from './finding.ts'
import { bankAccounts, emails, ipAddresses, paymentCards, phones, socialSecurityNumbers } from './personal.ts'
import { credentials, passwordsInUrls, privateKeys } from './credentials.ts'

/** Names that the configuration uses, in groups: what identifies a person, and what opens a door. */
export const detectorNames = [
  ...(['email', 'phone', 'payment-card', 'iban', 'us-ssn', 'ip-address'] as const),
  ...(['credential', 'private-key', 'url-password'] as const),
] as const

export type DetectorName = (typeof detectorNames)[number]

const detectors = {
  email: emails,
  phone: phones,
  'payment-card': paymentCards,
  iban: bankAccounts,
  'us-ssn': socialSecurityNumbers,
  'ip-address': ipAddresses,
  credential: credentials,
  'private-key': privateKeys,
  'url-password': passwordsInUrls,
} as const satisfies Record<DetectorName, Detector>

export function builtInDetectors(names: readonly DetectorName[]): readonly Detector[] {
  return names.map((name) => detectors[name])
}
