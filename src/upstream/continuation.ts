/** What a second target needs to go on with an answer that broke: what the client has of it, and where the rest goes. */

import { foldAnswer } from '../core/answer.ts'
import type { GenEvent } from '../core/event.ts'
import type { GenRequest } from '../core/request.ts'
import type { Usage } from '../core/usage.ts'
import type { Frame } from '../framing/frame.ts'
import type { FrameWriter } from '../framing/stream-framing.ts'
import type { Machine } from '../dialects/dialect.ts'

const instruction =
  'Your answer above was cut off. Go on from exactly where it ends, in the same form. ' +
  'Repeat nothing of it, add no introduction, and do not mention the interruption.'

/** Rather too many than too few, so that a limit on the whole answer holds. */
const bytesPerToken = 3

/** May an answer to this request be continued at all? Only one text in prose can go on from any point. */
export function mayBeContinued(request: GenRequest): boolean {
  const { stream, format, choices = 1, topLogprobs, previousResponseId, outputModalities } = request
  const isProse = format === undefined || format.type === 'text'
  const isText = outputModalities === undefined || outputModalities.every((each) => each === 'text')
  return (
    stream &&
    isProse &&
    isText &&
    choices === 1 &&
    topLogprobs === undefined &&
    previousResponseId === undefined
  )
}

/** One streamed answer over two targets: both speak through the same encoder, as if they were one. */
export class Continuation {
  /** As the client made it. */
  readonly request: GenRequest
  readonly encoder: Machine<GenEvent, Frame>
  readonly writer: FrameWriter
  /** The answer's events as the client's encoder got them. */
  readonly events: GenEvent[] = []
  /** What the client had when the first target broke off. */
  #sent: readonly GenEvent[] | undefined
  #seam: Seam | undefined

  constructor(request: GenRequest, encoder: Machine<GenEvent, Frame>, writer: FrameWriter) {
    this.request = request
    this.encoder = encoder
    this.writer = writer
  }

  /** The second target speaks: its words reach the client after those of the first. */
  get hasBroken(): boolean {
    return this.#seam !== undefined
  }

  /** True within a text, where nothing but texts and thoughts came before it. False after the one switch. */
  get canGoOn(): boolean {
    if (this.#seam) return false
    const { blocks } = foldAnswer(this.events)
    const last = blocks.at(-1)
    const isWithinText = last?.kind === 'text' && last.text !== '' && isOpen(this.events)
    return isWithinText && blocks.every(({ kind }) => kind === 'text' || kind === 'reasoning')
  }

  /** The request for the second target. From here on events are its own. */
  goOn(): GenRequest {
    const { request } = this
    // One that failed before its first word may be followed by another, to which nothing of it clings.
    this.#sent ??= [...this.events]
    const { blocks, usage } = foldAnswer(this.#sent)
    const text = blocks.map((block) => (block.kind === 'text' ? block.text : '')).join('')
    this.#seam = new Seam(this.#sent, usage)
    const { maxOutputTokens } = request
    const left =
      maxOutputTokens === undefined
        ? undefined
        : Math.max(1, maxOutputTokens - Math.floor(Buffer.byteLength(text) / bytesPerToken))
    return {
      ...request,
      turns: [
        ...request.turns,
        // Anthropic refuses an assistant's turn that ends in a space.
        { role: 'assistant', parts: [{ type: 'text', text: text.trimEnd() }] },
        { role: 'user', parts: [{ type: 'text', text: instruction }] },
      ],
      ...(left !== undefined && { maxOutputTokens: left }),
    }
  }

  /** The events to encode for one event of the target that speaks. */
  pass(event: GenEvent): readonly GenEvent[] {
    const passed = this.#seam ? this.#seam.join(event) : [event]
    this.events.push(...passed)
    return passed
  }
}

/** Does the last block stand open? */
function isOpen(events: readonly GenEvent[]): boolean {
  const last = events.findLast((event) => event.type === 'block-start' || event.type === 'block-end')
  return last?.type === 'block-start'
}

/** Joins a second answer to a first one: its first text goes on in the block that stands open. */
class Seam {
  /** The first answer's last text. */
  readonly #open: { readonly block: number; readonly length: number }
  #isClosed = false
  readonly #offset: number
  readonly #usage: Usage | undefined
  /** The second answer's own number of the text that goes on in `open`. */
  #joined: number | undefined
  /** Thoughts before its first word: they belong before an answer, not into it. */
  readonly #left = new Set<number>()

  constructor(events: readonly GenEvent[], usage: Usage | undefined) {
    const block = events.findLast((event) => event.type === 'block-start')!.block
    this.#open = { block, length: foldAnswer(events).blocks.at(-1)!.text.length }
    this.#offset = block + 1
    this.#usage = usage
  }

  join(event: GenEvent): readonly GenEvent[] {
    switch (event.type) {
      case 'start':
      case 'native':
      case 'fail':
        return []
      case 'usage':
        return [this.#usage ? { ...event, usage: sumOf(this.#usage, event.usage) } : event]
      case 'finish':
        return [...this.#close(), event]
      case 'block-start':
        return this.#start(event)
      case 'block-delta':
      case 'logprobs':
      case 'annotation':
      case 'block-end':
        return this.#within(event)
    }
  }

  #start(event: GenEvent & { type: 'block-start' }): readonly GenEvent[] {
    if (this.#joined === undefined && event.kind === 'reasoning') {
      this.#left.add(event.block)
      return []
    }
    if (this.#joined === undefined && event.kind === 'text') {
      this.#joined = event.block
      return []
    }
    const closed = this.#close()
    this.#joined ??= -1
    return [...closed, { ...event, block: event.block + this.#offset }]
  }

  #within(
    event: GenEvent & { type: 'block-delta' | 'logprobs' | 'annotation' | 'block-end' },
  ): readonly GenEvent[] {
    if (this.#left.has(event.block)) return []
    if (event.block !== this.#joined) return [{ ...event, block: event.block + this.#offset }]
    const { block, length } = this.#open
    if (event.type === 'block-end') return this.#close()
    if (event.type !== 'annotation') return [{ ...event, block }]
    const { startIndex, endIndex, ...rest } = event.value
    const value = {
      ...rest,
      ...(startIndex !== undefined && { startIndex: startIndex + length }),
      ...(endIndex !== undefined && { endIndex: endIndex + length }),
    }
    return [{ ...event, block, value }]
  }

  /** Ends the block that the first answer left open, once. */
  #close(): readonly GenEvent[] {
    if (this.#isClosed) return []
    this.#isClosed = true
    return [{ type: 'block-end', block: this.#open.block }]
  }
}

/** What both calls used, as far as they said; each attempt's own record keeps what that one used. */
function sumOf(first: Usage, second: Usage): Usage {
  const { native: _, nested: _nested, ...counts } = second
  const sum: Record<string, unknown> = { ...counts }
  for (const [name, count] of Object.entries(first)) {
    if (typeof count === 'number') sum[name] = count + ((sum[name] as number | undefined) ?? 0)
  }
  return sum as unknown as Usage
}
