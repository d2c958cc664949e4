/** One expression per sign of a refusal, over all languages. */

import { english } from './refusal-english.ts'
import {
  arabic,
  chinese,
  dutch,
  french,
  german,
  italian,
  japanese,
  korean,
  portuguese,
  russian,
  spanish,
} from './refusal-languages.ts'
import {
  czech,
  danishAndNorwegian,
  finnish,
  greek,
  hebrew,
  hindi,
  hungarian,
  indonesian,
  persian,
  polish,
  romanian,
  swedish,
  thai,
  turkish,
  ukrainian,
  vietnamese,
} from './refusal-more-languages.ts'
import { type Phrases, type SignName, signNames } from './refusal-sign.ts'

/** Languages whose words stand between spaces: a phrase is found only at the edges of words. */
const spaced: readonly Phrases[] = [
  english,
  german,
  french,
  spanish,
  italian,
  portuguese,
  dutch,
  russian,
  arabic,
  polish,
  czech,
  ukrainian,
  swedish,
  danishAndNorwegian,
  finnish,
  hungarian,
  romanian,
  greek,
  turkish,
  indonesian,
  vietnamese,
  hindi,
  hebrew,
  persian,
]
const unspaced: readonly Phrases[] = [chinese, japanese, korean, thai]

/** The languages with phrases of their own, as ISO 639-1 codes. In others only blank and provider signals count. */
export const refusalLanguages = [
  'en',
  'de',
  'fr',
  'es',
  'it',
  'pt',
  'nl',
  'ru',
  'zh',
  'ja',
  'ko',
  'ar',
  'pl',
  'cs',
  'uk',
  'sv',
  'da',
  'no',
  'fi',
  'hu',
  'ro',
  'el',
  'tr',
  'id',
  'vi',
  'hi',
  'he',
  'fa',
  'th',
] as const

const alternatives = (tables: readonly Phrases[], name: SignName): string =>
  // A letter of any script, where the tables write \\w.
  tables
    .flatMap((table) => table[name] ?? [])
    .join('|')
    .replaceAll('\\w', '\\p{L}')

/** One expression per sign, over all languages. They are global: reset `lastIndex`, or use `matchAll`. */
export const signPatterns: Readonly<Record<SignName, RegExp>> = Object.fromEntries(
  signNames.map((name) => {
    const bare = alternatives(unspaced, name)
    const source = `(?<![\\p{L}\\p{N}])(?:${alternatives(spaced, name)})(?![\\p{L}])`
    return [name, new RegExp(bare === '' ? source : `${source}|${bare}`, 'gu')]
  }),
) as Record<SignName, RegExp>
