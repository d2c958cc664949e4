/** Turns an answer's text into the numbers which the refusal detector weighs. */

import { type SignName, signNames } from './refusal-sign.ts'
import { signPatterns } from './refusal-signs.ts'

/** A refusal shows at the start; of long answers no more than this is read, which bounds the time. */
const maxCharacters = 3_000
const leadCharacters = 350
const maxOpeningCharacters = 220

/** Where a sign stands: in the first sentence, in the rest of the lead, or after it. */
const zones = ['opening', 'lead', 'body'] as const

export const featureNames: readonly string[] = signNames.flatMap((sign) =>
  zones.map((zone) => `${sign}:${zone}`),
)

/** Straight quotes, lower case, no markup in front. */
function normalise(text: string): string {
  return text
    .slice(0, maxCharacters)
    .normalize('NFKC')
    .replaceAll(/[\u2018\u2019\u02BC\u00B4`]/g, (quote) => (quote === '`' ? quote : "'"))
    .replaceAll(/[\u201C-\u201F\u00AB\u00BB]/g, '"')
    .replace(/^[\s>*_#-]+/, '')
    .toLowerCase()
    .trim()
}

/** A first sentence that is shorter only leads to the next: "I'm sorry, Ms Hall." */
const minOpeningCharacters = 40

/** Where the first sentence that says something ends. */
function openingEnd(text: string): number {
  for (const { index, 0: mark } of text.matchAll(/[.!?\u3002\uFF01\uFF1F](?=\s|$|[^\x00-\x7F])|\n/g)) {
    if (index + 1 >= minOpeningCharacters || mark === '\n') return Math.min(index + 1, maxOpeningCharacters)
  }
  return Math.min(text.length, maxOpeningCharacters)
}

/** What somebody else says is not the answer's own word, unless it is all of the answer. */
function withoutQuotes(text: string): string {
  return text.replaceAll(/"[^"\n]{1,200}"/g, (said) => (said.length > text.length / 2 ? said : '""'))
}

/** One number per name of `featureNames`. Pure. */
export function refusalFeatures(text: string): Float64Array {
  const normal = withoutQuotes(normalise(text)).replace(/^"/, '')
  const opening = openingEnd(normal)
  const lead = Math.max(opening, leadCharacters)
  const features = new Float64Array(featureNames.length)
  signNames.forEach((sign: SignName, at) => {
    const counts = [0, 0, 0]
    for (const { index } of normal.matchAll(signPatterns[sign])) {
      counts[index < opening ? 0 : index < lead ? 1 : 2]!++
    }
    features[3 * at] = Math.min(counts[0]!, 1)
    features[3 * at + 1] = Math.min(counts[1]!, 2) / 2
    features[3 * at + 2] = Math.log1p(counts[2]!) / 2
  })
  return features
}
