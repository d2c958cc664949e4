/** The terminal guard: the one place that decides whether an answer is whole, outside of all codecs. */

import { GatewayError } from '../core/error.ts'
import type { GenEvent } from '../core/event.ts'
import type { Machine } from '../dialects/dialect.ts'

/** No answer has so many: more are a provider's mischief, and each costs work over again in the client's dialect. */
const maxBlocks = 10_000
const maxChoices = 1_024

/**
 * Passes events on and enforces how an answer ends: one `finish` per choice or one `fail`, and nothing after
 * it but usage. Input that ends while a choice is unfinished, or before any finish, ends in `fail` with
 * `upstream_truncated`: success must be proven by the protocol's own terminal marker.
 */
export class TerminalGuard implements Machine<GenEvent, GenEvent> {
  /** The choices that have shown something, and whether they have finished. */
  readonly #finished = new Map<number, boolean>()
  readonly #choiceOfBlock: number[] = []
  #failed = false
  #blocks = 0
  #isBeyond = false

  push(event: GenEvent): readonly GenEvent[] {
    return this.admits(event) ? [event] : []
  }

  end(): readonly GenEvent[] {
    if (this.#failed || this.isComplete) return []
    this.#failed = true
    return [{ type: 'fail', error: this.#isBeyond ? beyond() : truncated() }]
  }

  /** True once every choice that began has finished, and at least one has. */
  get isComplete(): boolean {
    if (this.#failed || this.#isBeyond || this.#finished.size === 0) return false
    for (const isFinished of this.#finished.values()) if (!isFinished) return false
    return true
  }

  #exceeds(choice: number): boolean {
    const hasTooMany = this.#finished.size >= maxChoices && !this.#finished.has(choice)
    if (hasTooMany || this.#blocks > maxBlocks) this.#isBeyond = true
    return this.#isBeyond
  }

  /** Takes note of the event and tells whether it may pass. */
  admits(event: GenEvent): boolean {
    if (this.#failed || this.#isBeyond) return event.type === 'usage'
    switch (event.type) {
      case 'block-start':
        this.#blocks++
        if (this.#finished.get(event.choice) === true || this.#exceeds(event.choice)) return false
        this.#finished.set(event.choice, false)
        this.#choiceOfBlock[event.block] = event.choice
        return true
      case 'block-delta':
      case 'block-end':
      case 'annotation':
      case 'logprobs': {
        const choice = this.#choiceOfBlock[event.block]
        return choice !== undefined && this.#finished.get(choice) === false
      }
      case 'finish':
        if (this.#finished.get(event.choice) === true || this.#exceeds(event.choice)) return false
        this.#finished.set(event.choice, true)
        return true
      case 'fail':
        // A complete answer stays complete: bytes after the end of it are the provider's noise.
        if (this.isComplete) return false
        this.#failed = true
        return true
      case 'start':
      case 'usage':
      case 'native':
        return true
    }
  }
}

function beyond(): GatewayError {
  return new GatewayError(
    'upstream_protocol',
    `The provider's answer has more than ${maxBlocks} blocks or ${maxChoices} choices.`,
  )
}

function truncated(): GatewayError {
  return new GatewayError('upstream_truncated', 'The provider ended its answer before it was complete.')
}
