/** Writes the chunks of a completion. */

import type { GenEvent } from '../../core/event.ts'
import type { Json, JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { Frame } from '../../framing/frame.ts'
import type { EncodeContext, Machine } from '../dialect.ts'
import { extrasParts } from '../openai-chat/extras.ts'
import { reasonToWire } from '../openai-chat/finish-reason.ts'
import { usageToWire } from '../openai-chat/usage.ts'
import { chunkHead, done } from '../openai-chunks.ts'
import { encodeOpenAiError } from '../openai-error.ts'
import { logprobsToWire } from './logprobs.ts'
import { isText } from './response.ts'

const dialect = 'openai-completions'

/** One chunk a delta of text, and a last one with the usage. All but text has no place here and is left out. */
export class CompletionEncoder implements Machine<GenEvent, Frame> {
  readonly #context: EncodeContext
  /** The choices of the blocks of text, by block. */
  readonly #choices = new Map<number, number>()
  /** Lengths of the texts that have log probabilities, by choice. */
  readonly #offsets = new Map<number, number>()
  #head: JsonObject
  #usage: Usage | undefined
  #hasFinished = false
  #hasFailed = false

  constructor(context: EncodeContext) {
    this.#context = context
    this.#head = chunkHead('text_completion', { id: '', model: '' }, context)
  }

  push(event: GenEvent): readonly Frame[] {
    const out: Frame[] = []
    if (!this.#hasFailed) this.#take(event, out)
    return out
  }

  end(): readonly Frame[] {
    if (this.#hasFailed || !this.#hasFinished) return []
    const out: Frame[] = []
    if (this.#context.includeUsage && this.#usage !== undefined) {
      this.#send(out, { choices: [], usage: usageToWire(this.#usage) })
    }
    out.push({ data: done })
    return out
  }

  #take(event: GenEvent, out: Frame[]): void {
    switch (event.type) {
      case 'start':
        this.#head = chunkHead('text_completion', event, this.#context)
        break
      case 'block-start':
        if (isText(event)) this.#choices.set(event.block, event.choice)
        break
      case 'block-delta': {
        const index = this.#choices.get(event.block)
        if (index !== undefined) this.#choice(out, index, { text: event.text })
        break
      }
      case 'logprobs': {
        const index = this.#choices.get(event.block)
        if (index === undefined) break
        const offset = this.#offsets.get(index) ?? 0
        this.#offsets.set(
          index,
          event.values.reduce((at, { token }) => at + token.length, offset),
        )
        this.#choice(out, index, { logprobs: logprobsToWire(event.values, offset) })
        break
      }
      case 'usage':
        this.#usage = event.usage
        break
      case 'finish':
        this.#hasFinished = true
        this.#choice(out, event.choice, {
          finish_reason: reasonToWire(event.reason, event.native, false),
        })
        break
      case 'fail':
        this.#hasFailed = true
        out.push({ data: JSON.stringify(encodeOpenAiError(event.error)) })
        break
      case 'native':
        if (event.dialect === dialect) this.#native(event.value, out)
        break
      case 'block-end':
      case 'annotation':
        break
    }
  }

  #native(value: Json, out: Frame[]): void {
    const extras = extrasParts(value)
    const choices = extras.indexes.map((index) => ({
      text: '',
      index,
      logprobs: null,
      finish_reason: null,
      ...extras.choiceOf(index),
    }))
    this.#send(out, { ...extras.body, choices })
  }

  #choice(out: Frame[], index: number, members: JsonObject): void {
    this.#send(out, { choices: [{ text: '', index, logprobs: null, finish_reason: null, ...members }] })
  }

  #send(out: Frame[], members: JsonObject): void {
    out.push({ data: JSON.stringify({ ...this.#head, ...members }) })
  }
}
