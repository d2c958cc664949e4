/** Reads the chunks of a completion. */

import type { GatewayError } from '../../core/error.ts'
import type { GenEvent } from '../../core/event.ts'
import { asArray, asNumber, asObject, asString, isObject, type JsonObject } from '../../core/json.ts'
import type { Frame } from '../../framing/frame.ts'
import type { Machine, Patch } from '../dialect.ts'
import { Lifecycle } from '../lifecycle.ts'
import { Extras } from '../openai-chat/extras.ts'
import { reasonFromWire } from '../openai-chat/finish-reason.ts'
import { usageFromWire } from '../openai-chat/usage.ts'
import { type ChunkReader, readFrames, startOf } from '../openai-chunks.ts'
import { openAiErrorOf } from '../openai-error.ts'
import { logprobsFromWire } from './logprobs.ts'

const dialect = 'openai-completions'
const none: readonly GenEvent[] = []

/** `patch` mends a provider's habits before the chunk is read. */
export function streamDecoder(patch?: Patch): Machine<Frame, GenEvent> {
  return readFrames(new ChunkDecoder(), patch)
}

/**
 * Reads chunks one by one; a whole answer is one chunk. The provider's own members are told together at the end,
 * because they are whole only then.
 */
export class ChunkDecoder implements ChunkReader {
  readonly #isWhole: boolean
  readonly #blocks = new Lifecycle()
  readonly #extras = new Extras()
  readonly #finished = new Set<number>()
  #isStarted = false
  #isOver = false

  constructor(isWhole = false) {
    this.#isWhole = isWhole
  }

  take(chunk: JsonObject): readonly GenEvent[] {
    if (this.#isOver) return none
    if (chunk['error']) return this.fail(openAiErrorOf(200, chunk))
    this.#extras.addBody(chunk)
    if (!this.#isStarted) this.#blocks.emit(startOf(chunk))
    this.#isStarted = true
    for (const choice of asArray(chunk['choices'])) if (isObject(choice)) this.#choice(choice)
    const reported = asObject(chunk['usage'])
    const usage = reported && usageFromWire(reported, undefined)
    if (usage !== undefined) this.#blocks.emit({ type: 'usage', usage })
    return this.#blocks.take()
  }

  fail(error: GatewayError): readonly GenEvent[] {
    this.#isOver = true
    this.#blocks.emit({ type: 'fail', error })
    return this.#blocks.take()
  }

  end(): readonly GenEvent[] {
    const value = this.#isOver ? undefined : this.#extras.toBody()
    if (value !== undefined) this.#blocks.emit({ type: 'native', dialect, value })
    return this.#blocks.take()
  }

  #choice({ text, ...choice }: JsonObject): void {
    const index = asNumber(choice['index']) ?? 0
    this.#extras.addChoice(index, choice)
    if (this.#finished.has(index)) return
    const piece = asString(text)
    if (piece) this.#blocks.append(index, { kind: 'text' }, piece)
    const values = logprobsFromWire(choice['logprobs'])
    if (values.length > 0) {
      const block = this.#blocks.lastText(index) ?? this.#blocks.append(index, { kind: 'text' }, '')
      this.#blocks.emit({ type: 'logprobs', block, values })
    }
    // An empty word is no end in a stream. A whole answer has ended in any case.
    const word = asString(choice['finish_reason']) ?? ''
    if (word === '' && !this.#isWhole) return
    this.#finished.add(index)
    this.#blocks.close(index)
    const native = word === '' ? 'stop' : word
    this.#blocks.emit({ type: 'finish', choice: index, reason: reasonFromWire(native, false), native })
  }
}
