/** Writes an answer as the events of a response's stream; the last of them holds the whole response. */

import type { GatewayError } from '../../core/error.ts'
import type { BlockStart, Citation, GenEvent, Signature, TokenLogprob } from '../../core/event.ts'
import { asObject, type Json, type JsonObject } from '../../core/json.ts'
import type { Usage } from '../../core/usage.ts'
import type { EncodeContext } from '../dialect.ts'
import { encodeOpenAiError } from '../openai-error.ts'
import { citationToWire, logprobToWire } from './annotation.ts'
import { endingToWire } from './finish.ts'
import {
  continuesItem,
  isCarried,
  isSummary,
  itemId,
  type ItemStatus,
  itemToWire,
  type OutputItem,
  type OutputPart,
  partToWire,
} from './output-item.ts'
import { deltaType, doneEvents, partAddedType, placeOf } from './part-events.ts'
import { usageToWire } from './usage.ts'
import { dialect } from './wire.ts'

/** What a response says of its request, where the answer comes from a dialect that does not repeat it. */
const untold: JsonObject = {
  background: false,
  instructions: null,
  max_output_tokens: null,
  max_tool_calls: null,
  metadata: {},
  parallel_tool_calls: true,
  previous_response_id: null,
  reasoning: { effort: null, summary: null },
  store: false,
  temperature: null,
  text: { format: { type: 'text' } },
  tool_choice: 'auto',
  tools: [],
  top_logprobs: 0,
  top_p: null,
  truncation: 'disabled',
}
const wireTiers: ReadonlySet<string | undefined> = new Set(
  'auto default flex scale priority fast ultrafast'.split(' '),
)

/**
 * Three things wait for what follows them. A message's closing events wait for the next block, because
 * annotations may follow the end of their block, and because neighbouring texts are parts of one message. The
 * start of a tool call waits for the event after its first delta, because its id may have to carry the signature
 * that comes with its end. The terminal event waits for the usage that Chat Completions sends after the finish,
 * at the longest until the input ends.
 *
 * Choices but the first, media but images, native blocks of other dialects and the signatures of text have no
 * place here and are left out.
 */
export class ResponseWriter {
  readonly #context: EncodeContext
  readonly #items: OutputItem[] = []
  readonly #byBlock = new Map<number, { readonly item: OutputItem; readonly part: OutputPart }>()
  #out: JsonObject[] = []
  #sequence = 0
  #hasBegun = false
  #start: (GenEvent & { type: 'start' }) | undefined
  #usage: Usage | undefined
  #extras: JsonObject | undefined
  #finish: (GenEvent & { type: 'finish' }) | undefined
  #status: 'in_progress' | 'completed' | 'incomplete' | 'failed' = 'in_progress'
  #error: JsonObject | null = null
  #details: JsonObject | null = null
  #isOver = false

  constructor(context: EncodeContext) {
    this.#context = context
  }

  push(event: GenEvent): readonly JsonObject[] {
    this.#out = []
    if (!this.#isOver) this.#take(event)
    return this.#out
  }

  end(): readonly JsonObject[] {
    this.#out = []
    if (!this.#isOver) this.#conclude()
    return this.#out
  }

  /** The response as it stands. */
  response(): JsonObject {
    const { nowMs, id, model } = this.#context
    const createdAt = Math.floor((this.#start?.createdAtMs ?? nowMs) / 1000)
    const usage = usageToWire(this.#usage)
    const tier = this.#usage?.serviceTier
    const isCompleted = this.#status === 'completed'
    return {
      id: this.#start?.id || id,
      object: 'response',
      created_at: createdAt,
      status: this.#status,
      ...(this.#extras === undefined && isCompleted ? { completed_at: Math.floor(nowMs / 1000) } : {}),
      error: this.#error,
      incomplete_details: this.#details,
      model: this.#start?.model || model,
      output: this.#items.filter((item) => item.isAdded).map((item) => itemToWire(item)),
      ...(this.#extras ?? untold),
      ...(this.#extras === undefined && wireTiers.has(tier) ? { service_tier: tier } : {}),
      ...(usage === undefined ? {} : { usage }),
    }
  }

  #take(event: GenEvent): void {
    switch (event.type) {
      case 'block-delta':
        this.#delta(event.block, event.text)
        break
      case 'start':
        this.#start = event
        this.#begin()
        break
      case 'block-start':
        if (isCarried(event)) this.#blockStart(event)
        break
      case 'block-end':
        this.#blockEnd(event.block, event.signature)
        break
      case 'annotation':
        this.#annotation(event.block, event.value)
        break
      case 'logprobs':
        this.#logprobs(event.block, event.values)
        break
      case 'usage':
        this.#usage = event.usage
        if (this.#finish !== undefined) this.#conclude()
        break
      case 'finish':
        if (event.choice === 0 && this.#finish === undefined) this.#finished(event)
        break
      case 'fail':
        this.#fail(event.error)
        break
      case 'native':
        if (event.dialect === dialect) this.#native(event.value)
        break
    }
  }

  #send(type: string, members: JsonObject): void {
    this.#out.push({ type, ...members, sequence_number: this.#sequence++ })
  }

  #begin(): void {
    if (this.#hasBegun) return
    this.#hasBegun = true
    this.#send('response.created', { response: this.response() })
    this.#send('response.in_progress', { response: this.response() })
  }

  #blockStart(start: BlockStart): void {
    this.#begin()
    const tail = this.#items.at(-1)
    const isFree = tail !== undefined && tail.status === 'in_progress' && tail.parts.at(-1)?.isEnded !== false
    if (isFree && continuesItem(tail, start)) {
      this.#closeParts(tail)
      this.#addPart(tail, start)
      return
    }
    if (isFree) this.#closeItem(tail, 'completed')
    const item: OutputItem = {
      id: itemId(start, this.#start?.id || this.#context.id, this.#items.length),
      index: this.#items.length,
      start,
      parts: [],
      isAdded: false,
      status: 'in_progress',
    }
    this.#items.push(item)
    if (start.kind !== 'tool') this.#addItem(item)
    this.#addPart(item, start)
  }

  #addItem(item: OutputItem): void {
    if (item.isAdded) return
    item.isAdded = true
    this.#send('response.output_item.added', { output_index: item.index, item: itemToWire(item, true) })
  }

  #addPart(item: OutputItem, start: BlockStart): void {
    const before = item.parts.findLast((part) => isSummary(part.start) === isSummary(start))
    const index = before === undefined ? 0 : before.index + 1
    const part: OutputPart = {
      block: start.block,
      index,
      start,
      text: '',
      annotations: [],
      logprobs: [],
      isEnded: false,
      isClosed: false,
    }
    item.parts.push(part)
    this.#byBlock.set(start.block, { item, part })
    const type = partAddedType(start)
    if (type !== undefined) this.#send(type, { ...placeOf(item, part), part: partToWire(part) })
  }

  #delta(block: number, text: string): void {
    const open = this.#byBlock.get(block)
    if (open === undefined || open.part.isEnded || text === '') return
    const { item, part } = open
    if (part.start.kind === 'tool' && !item.isAdded) {
      if (part.text === '') {
        part.text = text
        return
      }
      this.#announceTool(item, part)
    }
    part.text += text
    this.#sendDelta(item, part, text)
  }

  /** Sends the start of a tool call with what it has of its input. */
  #announceTool(item: OutputItem, part: OutputPart): void {
    if (item.isAdded) return
    this.#addItem(item)
    if (part.text !== '') this.#sendDelta(item, part, part.text)
  }

  #sendDelta(item: OutputItem, part: OutputPart, delta: string): void {
    const type = deltaType(part.start)
    if (type === undefined) return
    const logprobs = part.start.kind === 'text' ? { logprobs: [] } : {} // mandatory; they come with the end
    this.#send(type, { ...placeOf(item, part), delta, ...logprobs })
  }

  #blockEnd(block: number, signature: Signature | undefined): void {
    const open = this.#byBlock.get(block)
    if (open === undefined || open.part.isEnded) return
    const { item, part } = open
    part.isEnded = true
    const isLate = part.start.kind === 'tool' && item.isAdded // its id is already told without the signature
    if (signature !== undefined && !isLate) item.signature = signature
    if (part.start.kind === 'tool') this.#announceTool(item, part)
    const isTail = item === this.#items.at(-1)
    const mayGoOn =
      part.start.kind === 'text' || part.start.kind === 'refusal' || part.start.kind === 'reasoning'
    if (!isTail || !mayGoOn) this.#closeItem(item, 'completed')
  }

  #annotation(block: number, value: Citation): void {
    const open = this.#byBlock.get(block)
    const { item, part } = open ?? {}
    if (item === undefined || part?.start.kind !== 'text') return
    const annotation = citationToWire(value, part.text.length)
    if (annotation === undefined) return
    const annotation_index = part.annotations.push(annotation) - 1
    this.#send('response.output_text.annotation.added', {
      ...placeOf(item, part),
      annotation_index,
      annotation,
    })
  }

  #logprobs(block: number, values: readonly TokenLogprob[]): void {
    const part = this.#byBlock.get(block)?.part
    if (part?.start.kind === 'text') part.logprobs.push(...values.map(logprobToWire))
  }

  /** Only the last can be open: another one is added when those before it are closed. */
  #closeParts(item: OutputItem): void {
    const part = item.parts.at(-1)
    if (part === undefined || part.isClosed) return
    part.isClosed = true
    for (const { type, members } of doneEvents(part)) {
      this.#send(type, { ...placeOf(item, part), ...members })
    }
  }

  #closeItem(item: OutputItem, status: ItemStatus): void {
    if (item.status !== 'in_progress') return
    this.#closeParts(item)
    item.status = status
    this.#send('response.output_item.done', { output_index: item.index, item: itemToWire(item) })
  }

  #finished(event: GenEvent & { type: 'finish' }): void {
    this.#begin()
    this.#finish = event
    const hasRefusal = this.#items.some(({ parts }) => parts.some(({ start }) => start.kind === 'refusal'))
    const ending = endingToWire(event.reason, hasRefusal)
    for (const item of this.#items) {
      if (item.parts[0]?.start.kind === 'tool') this.#announceTool(item, item.parts[0])
      this.#closeItem(item, ending.status)
    }
    this.#status = ending.status
    this.#details = ending.incomplete_details
  }

  #conclude(): void {
    if (this.#finish === undefined) return
    this.#isOver = true
    this.#send(`response.${this.#status}`, { response: this.response() })
  }

  /**
   * As OpenAI does: an `error` event, which has the gateway's code, then the response with a code of OpenAI's. The
   * event has its members twice, as the document says and as OpenAI sends them: its client throws at the latter.
   */
  #fail(error: GatewayError): void {
    this.#begin()
    const { code, message } = error
    const told = asObject(encodeOpenAiError(error)['error'])
    this.#send('error', { code, message, param: error.param ?? null, error: told })
    this.#status = 'failed'
    this.#error = { code: responseErrorCode(error), message }
    for (const item of this.#items) if (item.status === 'in_progress') item.status = 'incomplete'
    this.#send('response.failed', { response: this.response() })
    this.#isOver = true
  }

  #native(value: Json): void {
    const event = asObject(value)
    const response = asObject(event?.['response'])
    if (event === undefined) return
    if (typeof event['type'] === 'string') {
      const { type, ...members } = event
      this.#begin()
      this.#send(type, members)
    } else if (response !== undefined) this.#extras = { ...this.#extras, ...response }
  }
}

/** The nearest of the codes that `response.error` may have. */
function responseErrorCode(error: GatewayError): string {
  if (error.status === 429) return 'rate_limit_exceeded'
  return error.rule.blame === 'caller' ? 'invalid_prompt' : 'server_error'
}
