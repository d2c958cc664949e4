/** Moves canaries along their ladders, to their end, or back. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { type CanaryGuard, shareAt } from './canary.ts'
import type { Canary, Pointer } from './port.ts'
import type { Rollout } from './rollout.ts'

export interface CanaryStepsParts {
  readonly rollout: Pick<Rollout, 'stopCanary' | 'finishCanary'>
  readonly guard: CanaryGuard
  readonly clock: Pick<Clock, 'nowMs'>
  /** Pointers of routes that have a canary. */
  canaries(): readonly (Pointer & { readonly canary: Canary })[]
  /** Other shares are in force from now on. */
  onChange(): void
  onTrouble(cause: unknown): void
}

/** Steps of ladders are taken by the clock, on every instance alike; the end and a stop by whoever is first. */
export class CanarySteps {
  readonly #parts: CanaryStepsParts
  #lastShares = ''
  #isMoving = false

  constructor(parts: CanaryStepsParts) {
    this.#parts = parts
  }

  /** To be called again and again. Never rejects. */
  async tick(): Promise<void> {
    this.#noteShares()
    if (this.#isMoving) return
    this.#isMoving = true
    try {
      await this.#move()
    } catch (cause) {
      const isOvertaken = cause instanceof GatewayError && cause.code === 'conflict'
      if (!isOvertaken) this.#parts.onTrouble(cause)
    } finally {
      this.#isMoving = false
    }
  }

  #noteShares(): void {
    const { clock, canaries, onChange } = this.#parts
    const nowMs = clock.nowMs()
    const shares = JSON.stringify(
      canaries().map(({ route, canary }) => [route, canary.revision, currentShare(canary, nowMs)]),
    )
    if (shares !== this.#lastShares) onChange()
    this.#lastShares = shares
  }

  async #move(): Promise<void> {
    const { rollout, guard, clock, canaries } = this.#parts
    for (const pointer of canaries()) {
      const fault = guard.faultOf(pointer)
      if (fault !== undefined) await rollout.stopCanary(pointer, fault)
      else if (shareAt(pointer.canary, clock.nowMs()) === undefined) await rollout.finishCanary(pointer)
    }
  }
}

/** The part of traffic that a canary gets now: at the end of its ladder the last one, until it is live. */
export function currentShare(canary: Canary, nowMs: number): number {
  return shareAt(canary, nowMs) ?? canary.shares.at(-1) ?? 0
}
