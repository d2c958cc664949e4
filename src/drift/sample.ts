/** One answer to a golden prompt: what is kept of it, and what is read off its text. */

import type { FinishReason } from '../core/event.ts'
import { languageOf } from '../core/language.ts'
import { parseJson } from '../core/json.ts'
import { refusalDetectorVersion, refusalOf } from '../judgement/refusal.ts'
import { type Sentiment, sentimentVersion } from '../judgement/sentiment.ts'

/** A call that came back, or why it did not. */
export interface Sample {
  readonly requestId: string
  /** The error's code; then all else is absent or of the part that came. */
  readonly error?: string
  readonly text: string
  /** What the provider itself marked as a refusal. */
  readonly refusalText?: string
  readonly finish?: FinishReason
  readonly toolCalls: readonly { readonly name: string; readonly arguments: string }[]
  readonly outputTokens?: number
  readonly model?: string
  readonly fingerprint?: string
  readonly durationMs: number
  readonly firstTokenMs?: number
  readonly costNanoUsd?: number
  /** Of the answer's tokens; natural logarithms. */
  readonly meanLogprob?: number
  /** Whether the assertions held; absent where there are none, or a grader could not tell. */
  readonly isRight?: boolean
  /** Whether the text is valid by the prompt's JSON Schema; absent where it has none. */
  readonly fitsSchema?: boolean
  /** It was asked for at temperature 0, and should be the same each time. */
  readonly isGreedy?: true
  /** Absent where the set names no embedder, or it failed. */
  readonly meaning?: Meaning
  readonly reading: Reading
}

/** A text as a vector. */
export interface Meaning {
  /** That embedded it: vectors of two models are not compared. */
  readonly model: string
  /** Int8 in base64, not normal. */
  readonly vector: string
}

/** What is read off the text. */
export interface Reading {
  /** Readings of two versions are not compared: a kept text is read again. */
  readonly version: string
  readonly isRefusal: boolean
  /** Absent where the text is not English. */
  readonly sentiment?: number
  readonly language?: string
  readonly isJson: boolean
  readonly hasFence: boolean
  readonly hasMarkdown: boolean
}

export const readingVersion = `1/${refusalDetectorVersion}/${sentimentVersion}`

/** Its text has perhaps been read, perhaps by an older version. */
export type Unread = Omit<Sample, 'reading'> & { readonly reading?: Reading }

/** By this version. */
export const isRead = (sample: Unread): sample is Sample => sample.reading?.version === readingVersion

export const withReading = (sample: Unread, sentiment: Sentiment): Sample =>
  isRead(sample) ? sample : { ...sample, reading: readingOf(sample, sentiment) }

/** Pure but for the lexicon. */
function readingOf(sample: Unread, sentiment: Sentiment): Reading {
  const { text, finish, refusalText, toolCalls } = sample
  const refusal = refusalOf({
    text,
    toolCalls: toolCalls.length,
    ...(finish && { finishReason: finish }),
    ...(refusalText !== undefined && { refusalText }),
  })
  const mood = text === '' ? undefined : sentiment(text)
  const language = languageOf(text)
  return {
    version: readingVersion,
    isRefusal: refusal.class !== 'comply',
    ...(mood !== undefined && { sentiment: mood }),
    ...(language !== undefined && { language }),
    isJson: /^\s*[[{]/.test(text) && parseJson(text) !== undefined,
    hasFence: text.includes('```'),
    hasMarkdown: /^(?:#{1,6} |[-*] |\d+\. |> )|\*\*\S|\|.+\|/m.test(text),
  }
}

export const isBlank = ({ text, refusalText = '', toolCalls }: Unread): boolean =>
  text.trim() === '' && refusalText.trim() === '' && toolCalls.length === 0
