/** The page on which something can be done about an alert. Pure. */

import type { Item } from './client.ts'

type Kind = Item<'GET /alerts'>['kind']

const places = {
  budget: '/budgets',
  'spend-anomaly': '/keys',
  'provider-failures': '/providers',
  'credential-parked': '/providers',
  'credential-age': '/providers',
  'key-age': '/keys',
  'model-retirement': '/providers',
  'price-change': '/providers',
  drift: '/drift',
  experiment: '/experiments',
} as const satisfies Partial<Record<Kind, string>>

export type AlertPlace = (typeof places)[keyof typeof places]

/** Undefined where it is on none. */
export function placeOfAlert(kind: Kind): AlertPlace | undefined {
  return (places as Partial<Record<Kind, AlertPlace>>)[kind]
}
