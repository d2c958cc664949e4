/** What an answer has said so far: what its bill, its record and its deadlines go by. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { GenEvent } from '../core/event.ts'
import type { Usage } from '../core/usage.ts'
import type { Account, ReceivedText } from './operation.ts'

export interface HeardOptions {
  readonly clock: Clock
  readonly account: Account
  /** Deltas after which an answer is cut, because it can no longer be within the output limit that was set. */
  readonly maxDeltas: number
  /** The provider has begun to answer, or goes on. */
  onContent(): void
}

/** Of the text that came, what is kept to be counted where the provider does not say how much it was. */
const maxKeptText = 256 * 1024

/** The characters of a token, roughly, and rather too few: for marks of progress. */
const charactersPerToken = 3

export class Heard {
  firstTokenMs: number | undefined
  usage: Usage | undefined
  /** Of the first choice that ended. */
  finish: string | undefined
  model: string | undefined
  readonly #options: HeardOptions
  #deltas = 0
  #text = ''
  #textLength = 0

  constructor(options: HeardOptions) {
    this.#options = options
  }

  /** The failure that the event tells, or is. */
  note(event: GenEvent): GatewayError | undefined {
    switch (event.type) {
      case 'start':
        this.model = event.model
        return undefined
      case 'block-start':
        // Some dialects open a text before its first word: the wait for that is still to come.
        if (event.kind !== 'text' && event.kind !== 'reasoning' && event.kind !== 'refusal')
          this.#contentArrived()
        return undefined
      case 'block-delta':
        return this.#delta(event.text)
      case 'usage':
        this.usage = event.usage
        return undefined
      case 'finish':
        this.finish ??= event.reason
        // One that ends before it said anything may be empty: what follows tells.
        if (event.reason === 'stop') this.#options.onContent()
        else this.#contentArrived()
        return undefined
      case 'fail':
        return event.error
      case 'block-end':
      case 'annotation':
      case 'logprobs':
      case 'native':
        return undefined
    }
  }

  /** It ended well, said nothing and used nothing: a fault of the provider, in all likelihood. */
  get isEmpty(): boolean {
    return this.firstTokenMs === undefined && this.finish === 'stop' && !((this.usage?.outputTokens ?? 0) > 0)
  }

  received(): ReceivedText {
    return { text: this.#text, length: this.#textLength }
  }

  #delta(text: string): GatewayError | undefined {
    this.#contentArrived()
    const { account, maxDeltas } = this.#options
    this.#textLength += text.length
    if (this.#text.length < maxKeptText) this.#text += text
    this.#deltas++
    // Neither a delta nor three characters are more than a token: the greater of the two is a safe mark.
    account.progress(Math.max(this.#deltas, Math.ceil(this.#textLength / charactersPerToken)))
    if (this.#deltas <= maxDeltas) return undefined
    return new GatewayError('upstream_protocol', 'The provider streams far beyond the output limit.')
  }

  #contentArrived(): void {
    this.#options.onContent()
    this.firstTokenMs ??= this.#options.clock.monotonicMs()
  }
}
