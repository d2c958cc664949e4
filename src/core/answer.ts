/** Folds events into the whole answer: what a non-streamed response, a cache or a record looks at. */

import type {
  BlockKind,
  Citation,
  DialectId,
  FinishReason,
  GenEvent,
  Signature,
  TokenLogprob,
} from './event.ts'
import type { GatewayError } from './error.ts'
import type { Json } from './json.ts'
import type { Usage } from './usage.ts'

export type AnswerBlock = BlockKind & {
  readonly choice: number
  /** The deltas, joined. */
  text: string
  signature?: Signature
  citations?: Citation[]
  logprobs?: TokenLogprob[]
}

export interface AnswerFinish {
  readonly choice: number
  readonly reason: FinishReason
  readonly native: string
  readonly stopSequence?: string
}

export interface Answer {
  id: string
  model: string
  createdAtMs?: number
  fingerprint?: string
  /** In the order in which they opened. */
  readonly blocks: AnswerBlock[]
  readonly finishes: AnswerFinish[]
  readonly natives: { readonly dialect: DialectId; readonly value: Json }[]
  usage?: Usage
  error?: GatewayError
}

/** Folds one event after the other; `answer` is what they told so far. */
export class AnswerFold {
  readonly answer: Answer = { id: '', model: '', blocks: [], finishes: [], natives: [] }
  readonly #byNumber = new Map<number, AnswerBlock>()

  /** The block with the number that events name it by. */
  block(number: number): AnswerBlock | undefined {
    return this.#byNumber.get(number)
  }

  push(event: GenEvent): void {
    const answer = this.answer
    const byNumber = this.#byNumber
    switch (event.type) {
      case 'start':
        answer.id = event.id
        answer.model = event.model
        if (event.createdAtMs !== undefined) answer.createdAtMs = event.createdAtMs
        if (event.fingerprint !== undefined) answer.fingerprint = event.fingerprint
        break
      case 'block-start': {
        const { type: _type, block: number, ...kind } = event
        const block: AnswerBlock = { ...kind, text: '' }
        byNumber.set(number, block)
        answer.blocks.push(block)
        break
      }
      case 'block-delta': {
        const block = byNumber.get(event.block)
        if (block) block.text += event.text
        break
      }
      case 'annotation':
        ;(byNumber.get(event.block)!.citations ??= []).push(event.value)
        break
      case 'logprobs': {
        const logprobs = (byNumber.get(event.block)!.logprobs ??= [])
        for (const value of event.values) logprobs.push(value)
        break
      }
      case 'block-end': {
        const block = byNumber.get(event.block)
        if (block && event.signature) block.signature = event.signature
        break
      }
      case 'usage':
        answer.usage = event.usage
        break
      case 'finish': {
        const { type: _type, ...finish } = event
        answer.finishes.push(finish)
        break
      }
      case 'fail':
        answer.error = event.error
        break
      case 'native':
        answer.natives.push({ dialect: event.dialect, value: event.value })
        break
    }
  }
}

/** The answer that the events tell. Pure; the events may be of a broken answer (`error` is then set). */
export function foldAnswer(events: Iterable<GenEvent>): Answer {
  const fold = new AnswerFold()
  for (const event of events) fold.push(event)
  return fold.answer
}

/** The blocks of one choice, in order. */
export function blocksOf(answer: Answer, choice: number): AnswerBlock[] {
  return answer.blocks.filter((block) => block.choice === choice)
}

/** What the first choice says, without what the model thought and called. */
export function answerTextOf(answer: Answer): string {
  const said = blocksOf(answer, 0).filter(({ kind }) => kind === 'text' || kind === 'refusal')
  return said.map(({ text }) => text).join('')
}
