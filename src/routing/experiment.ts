/** Deals the callers of a route out to the arms of its experiment: the same caller to the same arm, on every instance. */

import { hash } from 'node:crypto'
import type { Assignment } from '../records/record.ts'
import type { Experiment, ExperimentArm, Route } from './route.ts'

/** Who asks, from the narrowest to the widest. */
export interface Asker {
  readonly session: string | undefined
  readonly user: string | undefined
  readonly keyId: string
}

export interface Assigned {
  /** The route as the arm has it. */
  readonly route: Route
  readonly assignment: Assignment
}

/** The first digits of a SHA-256 in hexadecimal, which a number holds exactly. */
const digits = 13
const range = 2 ** (4 * digits)

/** The caller's arm: the first 52 bits of SHA-256 over `name:unit`, as a number from 0 to 1, fall into its share. */
export function assign({ name, unit, arms }: Experiment, asker: Asker): Assigned {
  const unitHash = hashUnit(name, unitOf(unit, asker))
  const place = Number.parseInt(unitHash, 16) / range
  const arm = arms.find(({ upTo }) => place < upTo) ?? arms.at(-1)!
  return { route: arm.route, assignment: { name, arm: arm.name, unit: unitHash } }
}

/** What an experiment of this name knows of a session, a user or a key. */
export function hashUnit(name: string, unit: string): string {
  return hash('sha256', `${name}:${unit}`).slice(0, digits)
}

function unitOf(unit: Experiment['unit'], { session, user, keyId }: Asker): string {
  if (unit === 'key') return keyId
  return (unit === 'session' ? session : undefined) ?? user ?? keyId
}

/** Arms with their shares added up in their order: where a share grows, those whom the arm has stay with it. */
export function dealOut(
  arms: readonly { readonly name: string; readonly weight: number; readonly route: Route }[],
): readonly ExperimentArm[] {
  const total = arms.reduce((sum, { weight }) => sum + weight, 0)
  let before = 0
  return arms.map(({ name, weight, route }, index) => {
    before += weight
    return { name, route, upTo: index === arms.length - 1 ? 1 : before / total }
  })
}
