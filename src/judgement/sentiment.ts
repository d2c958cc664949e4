/** The sentiment of an English text, by VADER's lexicon and rules. */

import { languageOf } from '../core/language.ts'

/** Gives the compound score in [-1, 1]; undefined where the text is not English, which is all VADER knows. */
export type Sentiment = (text: string) => number | undefined

/** The version of the lexicon: scores of two versions cannot be compared. */
export const sentimentVersion = 'vader-1.1.3'

/** About 9 ms of work; a mood shows long before. */
const maxCharacters = 12_000

/**
 * Loads the lexicon (Hutto and Gilbert, ICWSM 2014), which nothing on the request path needs. Not for decisions:
 * "kill the Python war file error" scores -.90, and a polite refusal 0.
 */
export async function loadSentiment(): Promise<Sentiment> {
  const { default: vader } = await import('vader-sentiment')
  return (text) => {
    const language = languageOf(text)
    if (language !== undefined && language !== 'en') return undefined
    return vader.SentimentIntensityAnalyzer.polarity_scores(text.slice(0, maxCharacters)).compound
  }
}
