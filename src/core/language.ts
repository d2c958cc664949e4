/** Guesses what a question is made of, cheaply: its language, and whether there is code in it. */

/** The languages that are told apart, as ISO 639-1 codes. */
export const languages = [
  ...(['en', 'de', 'fr', 'es', 'it', 'pt', 'nl'] as const),
  ...(['ja', 'ko', 'zh', 'uk', 'ru', 'ar', 'he', 'el', 'hi', 'th'] as const),
] as const

export type Language = (typeof languages)[number]

/** How much of a text is looked at. */
const sampleLength = 2_000

/** Scripts that only few languages are written in. Kana come first: Japanese has Chinese characters too. */
const scripts = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/u],
  ['ko', /\p{Script=Hangul}/u],
  ['zh', /\p{Script=Han}/u],
  ['uk', /[іїєґ]/iu],
  ['ru', /\p{Script=Cyrillic}/u],
  ['ar', /\p{Script=Arabic}/u],
  ['he', /\p{Script=Hebrew}/u],
  ['el', /\p{Script=Greek}/u],
  ['hi', /\p{Script=Devanagari}/u],
  ['th', /\p{Script=Thai}/u],
] as const satisfies readonly (readonly [language: Language, script: RegExp])[]

/** The commonest words of languages in Latin script. */
const commonWords: Readonly<Partial<Record<Language, string>>> = {
  en: 'the and is are was were what how this that with of to you please can my your it for not',
  de: 'der die das und ist sind nicht ein eine wie ich du sie wir mit auf für dem den bitte zu von',
  fr: 'le les et est sont pas une des comment je vous nous avec pour dans que qui ce mon ma votre du',
  es: 'el los las y es son una cómo yo usted nosotros con para por qué mi su del pero muy está',
  it: 'il gli e è sono non una come io voi noi con per che mio suo della di ma molto questo',
  pt: 'o os as e é são não uma como eu você nós com para por que meu seu da do mas muito isso',
  nl: 'het een en is zijn niet hoe ik jij wij met voor op dat mijn uw van naar maar wat deze',
}

const languagesOfWord: ReadonlyMap<string, readonly Language[]> = languagesByWord()

function languagesByWord(): Map<string, Language[]> {
  const words = new Map<string, Language[]>()
  for (const language of languages) {
    for (const word of commonWords[language]?.split(' ') ?? []) {
      words.set(word, [...(words.get(word) ?? []), language])
    }
  }
  return words
}

/** The likeliest language; undefined where neither script nor words tell one. */
export function languageOf(text: string): Language | undefined {
  const sample = text.slice(0, sampleLength)
  const script = scripts.find(([, pattern]) => pattern.test(sample))
  if (script) return script[0]
  const votes = new Map<Language, number>()
  for (const word of sample.toLowerCase().split(/[^\p{L}]+/u)) {
    for (const language of languagesOfWord.get(word) ?? []) {
      votes.set(language, (votes.get(language) ?? 0) + 1)
    }
  }
  return [...votes].reduce<[Language | undefined, number]>(
    (best, vote) => (vote[1] > best[1] ? vote : best),
    [undefined, 0],
  )[0]
}

const codeSigns = [
  /```/,
  /[{};]\s*$/m,
  /\b(?:def|class|func|fn|function|public|private|const|let|var)\s+\w+\s*[=({:<]/,
  /^\s*(?:import|from|package|using|#include)\s+[\w."<{*]/m,
  /\b(?:select\s.+\sfrom|insert\s+into|create\s+table)\b/i,
  /\w\([^)]*\)\s*(?:=>|->|\{|;)/,
]

/** Does the text hold code? */
export function looksLikeCode(text: string): boolean {
  const sample = text.slice(0, sampleLength)
  return codeSigns.some((sign) => sign.test(sample))
}
