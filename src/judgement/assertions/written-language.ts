/** Tells the language of a text by its script and its commonest words: enough to see whether an answer is in the language asked for. */

/** Scripts that one language alone, of those told apart here, is written in. */
const scripts: readonly (readonly [language: string, script: RegExp])[] = [
  ['ja', /[\p{Script=Hiragana}\p{Script=Katakana}]/gu],
  ['ko', /\p{Script=Hangul}/gu],
  ['zh', /\p{Script=Han}/gu],
  ['th', /\p{Script=Thai}/gu],
  ['he', /\p{Script=Hebrew}/gu],
  ['el', /\p{Script=Greek}/gu],
  ['bn', /\p{Script=Bengali}/gu],
  ['ta', /\p{Script=Tamil}/gu],
  ['te', /\p{Script=Telugu}/gu],
  ['gu', /\p{Script=Gujarati}/gu],
  ['pa', /\p{Script=Gurmukhi}/gu],
  ['kn', /\p{Script=Kannada}/gu],
  ['ml', /\p{Script=Malayalam}/gu],
]

/** Letters that only some languages of a shared script have. */
const cyrillic: readonly (readonly [string, RegExp])[] = [
  ['uk', /[іїєґ]/gu],
  ['ru', /[ыэё]/gu],
  ['bg', /ъ/gu],
]
const arabic: readonly (readonly [string, RegExp])[] = [
  ['ur', /[ٹڈڑںےھ]/gu],
  ['fa', /[پچژگ]/gu],
]

/** The commonest words, as far as they are not those of a neighbour too. */
const commonWords: Readonly<Record<string, string>> = {
  en: 'the and of to is in that it you for was with are this have not be on as they which from or',
  de: 'der die das und ist nicht ein eine zu mit den von auf für sich dem auch es im wird sind wie bei',
  fr: 'le la les et est des une un que dans pour pas qui sur vous avec ce au sont plus nous il elle',
  es: 'el la los las de que y en un una es por con para se del no su al lo como más está son',
  pt: 'o os as de que e em um uma é por com para se do da não no na mais como são está ao dos',
  it: 'il lo la gli di che e è un una per non con si del della sono nel alla più come questo anche dei',
  nl: 'de het een en van is dat niet in op te zijn met voor er aan ook als bij maar wordt deze naar',
  pl: 'i w nie na się że to jest z do o jak ale po co za dla od są przez być może który oraz',
  sv: 'och att det är en som på i av för med den till inte har om ett var de kan från så eller',
  fi: 'ja on ei se että hän oli ovat mutta kun niin joka tai myös ole sen voi kuin tämä ovatko',
  tr: 've bir bu için ile de da çok olarak daha gibi ne var en olan ama değil sonra kadar her',
  vi: 'và là của có không được cho một những trong với các người này đã để khi cũng từ như',
  sw: 'na ya wa kwa ni katika la za kuwa cha hii huo kama au hiyo yake lakini hivyo sana watu',
}

const wordSets = Object.entries(commonWords).map(
  ([language, words]) => [language, new Set(words.split(' '))] as const,
)

/** Fewer letters than this say nothing: of a script of its own, and of one that many languages share. */
const leastLetters = 4
const leastSharedLetters = 12
const leastShareOfScript = 0.3

/** The ISO 639-1 code of the language; undefined where the text is too short, or not one of those known here. */
export function writtenLanguage(text: string): string | undefined {
  const letters = text.match(/\p{L}/gu)?.length ?? 0
  if (letters < leastLetters) return undefined
  const share = (script: RegExp): number => (text.match(script)?.length ?? 0) / letters
  // Japanese is written with Chinese characters too, so a few of its own are enough.
  if (share(/[\p{Script=Hiragana}\p{Script=Katakana}]/gu) > 0.1) return 'ja'
  const own = scripts.find(([, script]) => share(script) > leastShareOfScript)
  if (own) return own[0]
  if (share(/\p{Script=Cyrillic}/gu) > leastShareOfScript) return firstPresent(text, cyrillic) ?? 'ru'
  if (share(/\p{Script=Arabic}/gu) > leastShareOfScript) return firstPresent(text, arabic) ?? 'ar'
  if (share(/\p{Script=Devanagari}/gu) > leastShareOfScript) return devanagari(text)
  return letters < leastSharedLetters ? undefined : byWords(text)
}

function firstPresent(text: string, marks: readonly (readonly [string, RegExp])[]): string | undefined {
  return marks.find(([, letters]) => letters.test(text.toLowerCase()))?.[0]
}

/** Hindi, Marathi and Nepali share their script: each has a word for "is" of its own. */
function devanagari(text: string): string {
  if (/(?<!\p{L})(?:आहे|आहेत|आणि)(?!\p{L})/u.test(text)) return 'mr'
  return /(?<!\p{L})(?:छ|छन्|हुन्छ)(?!\p{L})/u.test(text) ? 'ne' : 'hi'
}

function byWords(text: string): string | undefined {
  const words = text.toLowerCase().match(/\p{L}+/gu) ?? []
  const counts = wordSets.map(([language, common]) => ({
    language,
    count: words.filter((word) => common.has(word)).length,
  }))
  const [best, second] = counts.toSorted((a, b) => b.count - a.count)
  if (best === undefined || best.count < 2 || best.count === second?.count) return undefined
  return best.language
}
