/** Canonical events as Gemini's stream: each frame is a whole `GenerateContentResponse` with the next parts. */

import { AnswerFold } from '../../core/answer.ts'
import type { GenEvent } from '../../core/event.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Frame } from '../../framing/frame.ts'
import type { EncodeContext, Machine } from '../dialect.ts'
import { Sequencer } from '../sequencer.ts'
import { answerId, blockPart, ending, head, isBlockedPrompt, nativeFields } from './answer-encode.ts'
import { encodeError } from './error.ts'
import { encodeUsage } from './usage.ts'
import { toThoughtSignature } from './wire.ts'

/**
 * Text leaves as it comes; a call or a picture, which Gemini sends in one part, when its block ends. Finish
 * reasons wait for the usage, since clients read both from the last chunk.
 */
export class StreamEncoder implements Machine<GenEvent, Frame> {
  readonly #fold = new AnswerFold()
  readonly #context: EncodeContext
  readonly #sequencer = new Sequencer()
  /** How many calls each choice has had. */
  readonly #calls = new Map<number, number>()
  readonly #unfinished = new Set<number>()
  #isOver = false
  #head: JsonObject | undefined

  constructor(context: EncodeContext) {
    this.#context = context
  }

  push(event: GenEvent): readonly Frame[] {
    return this.#sequencer.push(event).flatMap((next) => this.#encode(next))
  }

  #encode(event: GenEvent): readonly Frame[] {
    if (this.#isOver) return []
    this.#fold.push(event)
    switch (event.type) {
      case 'block-start':
        this.#unfinished.add(event.choice)
        return []
      case 'block-delta':
        return this.#delta(event.block, event.text)
      case 'block-end':
        return this.#blockEnd(event.block)
      case 'usage':
        return this.#fold.answer.finishes.length > 0 && this.#unfinished.size === 0 ? this.#last() : []
      case 'finish':
        this.#unfinished.delete(event.choice)
        return []
      case 'fail':
        this.#isOver = true
        return [frame(encodeError(event.error))]
      case 'start':
      case 'annotation':
      case 'logprobs':
      case 'native':
        return []
    }
  }

  end(): readonly Frame[] {
    const rest = this.#sequencer.end().flatMap((next) => this.#encode(next))
    return [...rest, ...this.#last()]
  }

  #last(): readonly Frame[] {
    const { answer } = this.#fold
    if (this.#isOver || answer.finishes.length === 0) return []
    this.#isOver = true
    const content = { parts: [{ text: '' }], role: 'model' }
    const candidates = answer.finishes.map(({ choice }) => ({ content, ...ending(answer, choice) }))
    return [
      this.#chunk({
        ...(isBlockedPrompt(answer) ? {} : { candidates }),
        ...(answer.usage ? { usageMetadata: encodeUsage(answer.usage) } : {}),
        ...nativeFields(answer, 'response'),
      }),
    ]
  }

  #delta(number: number, text: string): readonly Frame[] {
    const block = this.#fold.block(number)
    switch (block?.kind) {
      case 'text':
      case 'refusal':
        return [this.#part(block.choice, { text })]
      case 'reasoning':
        return [this.#part(block.choice, { text, thought: true })]
      case 'tool':
      case 'media':
      case 'native':
      case undefined:
        return []
    }
  }

  #blockEnd(number: number): readonly Frame[] {
    const block = this.#fold.block(number)
    switch (block?.kind) {
      case 'text':
      case 'refusal':
      case 'reasoning': {
        if (block.signature === undefined) return []
        const thoughtSignature = toThoughtSignature(block.signature)
        const thought = block.kind === 'reasoning' ? { thought: true } : {}
        return [this.#part(block.choice, { text: '', ...thought, thoughtSignature })]
      }
      case 'tool':
      case 'media':
      case 'native': {
        const { answer } = this.#fold
        const calls = this.#calls.get(block.choice) ?? 0
        if (block.kind === 'tool') this.#calls.set(block.choice, calls + 1)
        const part = blockPart(block, answerId(answer, this.#context), calls)
        return part === undefined ? [] : [this.#part(block.choice, part)]
      }
      case undefined:
        return []
    }
  }

  #part(choice: number, part: JsonObject): Frame {
    return this.#chunk({ candidates: [{ content: { parts: [part], role: 'model' }, index: choice }] })
  }

  #chunk(members: JsonObject): Frame {
    this.#head ??= head(this.#fold.answer, this.#context)
    return frame({ ...members, ...this.#head })
  }
}

function frame(value: JsonObject): Frame {
  return { data: JSON.stringify(value) }
}
