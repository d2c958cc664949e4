/** What of a request decides where it may go: who sends it, how, and what is in it. */

import { type Language, languageOf, looksLikeCode } from '../core/language.ts'
import type { ContentTraits } from '../upstream/operation.ts'

export interface Caller {
  readonly keyName: string
  readonly tags: readonly string[]
  /** Where the data must stay, in the word that targets name as their `region`. */
  readonly dataRegion?: string
  /** The marks of sensitive models that it may use. */
  readonly clearances?: { has(mark: string): boolean }
  /** Keeps a conversation on its target, so that the provider's prompt cache stays warm. */
  readonly session?: string
  /** The value of a request header, by its lower-case name. */
  header(name: string): string | undefined
}

/** How the request came. */
export interface Channel {
  readonly dialect: string
  readonly operation: string
  readonly stream: boolean
}

/** The bytes of a token, roughly, over languages and code. */
const bytesPerToken = 4

/** What costs something to find out is found out when it is first asked for, and once. */
export class RequestTraits {
  readonly channel: Channel
  readonly caller: Caller
  readonly #look: () => ContentTraits
  #content: ContentTraits | undefined
  #language: { readonly code: Language | undefined } | undefined
  #hasCode: boolean | undefined

  constructor(channel: Channel, caller: Caller, look: () => ContentTraits) {
    this.channel = channel
    this.caller = caller
    this.#look = look
  }

  get content(): ContentTraits {
    return (this.#content ??= this.#look())
  }

  /** A rough estimate. */
  get inputTokens(): number {
    return Math.ceil(this.content.inputBytes / bytesPerToken)
  }

  /** Of the user's last words. */
  get language(): Language | undefined {
    this.#language ??= { code: languageOf(this.content.question) }
    return this.#language.code
  }

  /** Is there code in the user's last words? */
  get hasCode(): boolean {
    this.#hasCode ??= looksLikeCode(this.content.question)
    return this.#hasCode
  }
}
