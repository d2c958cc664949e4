/** Puts interleaved blocks one after the other, for dialects whose streams have one open block at a time. */

import type { GenEvent } from '../core/event.ts'
import type { Machine } from './dialect.ts'

/** The blocks of one choice: the one that is open, and those that must wait for its end, by number. */
interface Lane {
  open: number | undefined
  readonly waiting: Map<number, GenEvent[]>
}

const none: readonly GenEvent[] = []

/**
 * Delays the events of a block that opens while another block of its choice is open, until that one ends.
 * Within a choice, blocks keep the order in which they open. A finish releases what waits, and ends the blocks
 * that nobody ended. A failure does not: what waits is a piece of a broken answer, and to close it would show a
 * cut tool call as a whole one.
 */
export class Sequencer implements Machine<GenEvent, GenEvent> {
  readonly #lanes = new Map<number, Lane>()
  readonly #laneOfBlock = new Map<number, Lane>()

  push(event: GenEvent): readonly GenEvent[] {
    switch (event.type) {
      case 'block-start': {
        const lane = this.#lane(event.choice)
        this.#laneOfBlock.set(event.block, lane)
        if (lane.open === undefined) {
          lane.open = event.block
          return [event]
        }
        lane.waiting.set(event.block, [event])
        return none
      }
      case 'block-delta':
      case 'annotation':
      case 'logprobs':
      case 'block-end': {
        const lane = this.#laneOfBlock.get(event.block)
        const held = lane?.waiting.get(event.block)
        if (held !== undefined) {
          held.push(event)
          return none
        }
        if (event.type !== 'block-end' || lane?.open !== event.block) return [event]
        lane.open = undefined
        return lane.waiting.size === 0 ? [event] : [event, ...advance(lane)]
      }
      case 'finish': {
        const lane = this.#lanes.get(event.choice)
        return lane === undefined ? [event] : [...release(lane), event]
      }
      case 'fail':
      case 'start':
      case 'usage':
      case 'native':
        return [event]
    }
  }

  end(): readonly GenEvent[] {
    return none
  }

  #lane(choice: number): Lane {
    let lane = this.#lanes.get(choice)
    if (lane === undefined) {
      lane = { open: undefined, waiting: new Map() }
      this.#lanes.set(choice, lane)
    }
    return lane
  }
}

/** The waiting blocks that are whole, and what there is of the first that is not: that one is now open. */
function advance(lane: Lane): GenEvent[] {
  const out: GenEvent[] = []
  for (const [block, events] of lane.waiting) {
    lane.waiting.delete(block)
    out.push(...events)
    if (!isEnded(events)) {
      lane.open = block
      break
    }
  }
  return out
}

function release(lane: Lane): GenEvent[] {
  const out: GenEvent[] = []
  if (lane.open !== undefined) out.push({ type: 'block-end', block: lane.open })
  lane.open = undefined
  for (const [block, events] of lane.waiting) {
    out.push(...events)
    if (!isEnded(events)) out.push({ type: 'block-end', block })
  }
  lane.waiting.clear()
  return out
}

function isEnded(events: readonly GenEvent[]): boolean {
  return events.some((event) => event.type === 'block-end')
}
