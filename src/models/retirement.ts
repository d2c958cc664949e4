/** Which models end soon, and what to use instead. */

import type { ModelInfo } from './model.ts'

export interface Retirement {
  readonly provider: string
  readonly id: string
  readonly retiresAtMs: number
  /** Its day has come: the provider refuses it. */
  readonly isRetired: boolean
  readonly successor?: string
}

const dayMs = 86_400_000

/** The models that are retired by now or will be within so many days, the earliest first. */
export function retiringSoon(
  models: readonly ModelInfo[],
  nowMs: number,
  days: number,
): readonly Retirement[] {
  return models
    .flatMap(({ provider, id, retiresAtMs, successor }): Retirement[] => {
      if (retiresAtMs === undefined || retiresAtMs > nowMs + days * dayMs) return []
      const isRetired = retiresAtMs <= nowMs
      return [{ provider, id, retiresAtMs, isRetired, ...(successor === undefined ? {} : { successor }) }]
    })
    .toSorted((a, b) => a.retiresAtMs - b.retiresAtMs)
}
