/**
 * The pack of formats: each of the 25 constraints of IFEval in four wordings, and ten constraints that a system
 * text sets for a whole conversation, checked at its turns 1, 5, 10 and 20. All texts are our own.
 */

import type { JsonObject } from '../../core/json.ts'
import type { Random } from '../statistics/random.ts'
import type { AssertionSettings, CaseSettings } from '../suite/settings.ts'

/** A request that leaves the form of its answer open. */
const topics = [
  'Describe a walk along a river.',
  'Explain what a weir is for.',
  'Recommend a way to spend a free Sunday.',
  'Tell a neighbour how to look after a cat for a week.',
  'Write about the first day in a new town.',
  'Explain why bread rises.',
  'Describe a library to somebody who has never been in one.',
  'Say how to pack for a journey by train.',
]

interface FormatKind {
  readonly kind: string
  /** Draws what the wordings and the grader have in common. */
  readonly draw: (random: Random) => {
    readonly args: JsonObject
    readonly words: Readonly<Record<string, string>>
  }
  /** `{name}` is one of the words drawn. */
  readonly wordings: readonly [string, string, string, string]
  /** Without one of the topics: the wording is the whole request. */
  readonly isWhole?: true
}

const pick = (random: Random, list: readonly string[]): string => list[random.below(list.length)]!
const fixed =
  (args: JsonObject = {}, words: Readonly<Record<string, string>> = {}) =>
  () => ({ args, words })
const keywords = ['copper', 'lantern', 'harbour', 'thimble', 'meadow', 'granite']
const marks = ['P.S.', 'P.P.S.']
const languages = [
  { code: 'de', name: 'German' },
  { code: 'fr', name: 'French' },
  { code: 'es', name: 'Spanish' },
  { code: 'it', name: 'Italian' },
  { code: 'pt', name: 'Portuguese' },
]

export const formatKindsInPack: readonly FormatKind[] = [
  {
    kind: 'keywords:existence',
    draw(random) {
      const [first, second] = random.shuffle(keywords)
      return { args: { keywords: [first!, second!] }, words: { first: first!, second: second! } }
    },
    wordings: [
      'Use the words "{first}" and "{second}".',
      'The words {first} and {second} must both appear in your answer.',
      'Work "{first}" as well as "{second}" into the text.',
      'Your answer has to contain {first} and also {second}.',
    ],
  },
  {
    kind: 'keywords:frequency',
    draw(random) {
      const word = pick(random, keywords)
      return { args: { keyword: word, frequency: 3, relation: 'at least' }, words: { word } }
    },
    wordings: [
      'Use the word "{word}" at least three times.',
      'The word {word} has to appear three times or more.',
      'Mention "{word}" no fewer than three times.',
      'Make sure that {word} occurs at least 3 times.',
    ],
  },
  {
    kind: 'keywords:forbidden_words',
    draw(random) {
      const [first, second] = random.shuffle(['good', 'very', 'also', 'time', 'people', 'place'])
      return { args: { forbidden_words: [first!, second!] }, words: { first: first!, second: second! } }
    },
    wordings: [
      'Do not use the words "{first}" and "{second}".',
      'Neither {first} nor {second} may appear in your answer.',
      'Avoid the words "{first}" and "{second}" altogether.',
      'Your answer must get by without the words {first} and {second}.',
    ],
  },
  {
    kind: 'keywords:letter_frequency',
    draw(random) {
      const letter = pick(random, ['q', 'z', 'x', 'j'])
      return { args: { letter, frequency: 2, relation: 'at least' }, words: { letter } }
    },
    wordings: [
      'The letter {letter} must appear at least twice.',
      'Use the letter "{letter}" two times or more.',
      'Let there be no fewer than two letters {letter} in the text.',
      'Your answer should hold the letter {letter} at least 2 times.',
    ],
  },
  {
    kind: 'language:response_language',
    draw(random) {
      const language = languages[random.below(languages.length)]!
      return { args: { language: language.code }, words: { name: language.name } }
    },
    wordings: [
      'Answer in {name} only.',
      'Write your whole answer in {name}.',
      'Use no other language than {name}.',
      'Your answer has to be entirely in {name}.',
    ],
  },
  {
    kind: 'length_constraints:number_words',
    draw: fixed({ num_words: 40, relation: 'at most' }),
    wordings: [
      'Use at most 40 words.',
      'Your answer may not be longer than forty words.',
      'Keep it to 40 words or fewer.',
      'Forty words is the limit.',
    ],
  },
  {
    kind: 'length_constraints:number_sentences',
    draw: fixed({ num_sentences: 4, relation: 'less than' }),
    wordings: [
      'Use fewer than four sentences.',
      'Write less than 4 sentences.',
      'Your answer should have three sentences at the most.',
      'Stay below four sentences.',
    ],
  },
  {
    kind: 'length_constraints:number_paragraphs',
    draw: fixed({ num_paragraphs: 3 }),
    wordings: [
      'Write exactly three paragraphs and divide them by the line ***.',
      'There should be 3 paragraphs, separated by ***.',
      'Give three paragraphs; put *** on a line of its own between them.',
      'Divide your answer into exactly three paragraphs with the markdown divider ***.',
    ],
  },
  {
    kind: 'length_constraints:nth_paragraph_first_word',
    draw(random) {
      const word = pick(random, keywords)
      return { args: { num_paragraphs: 3, nth_paragraph: 2, first_word: word }, words: { word } }
    },
    wordings: [
      'Write three paragraphs with an empty line between them; the second begins with the word {word}.',
      'There should be 3 paragraphs, divided by blank lines, and the second one has to start with "{word}".',
      'Use exactly three paragraphs with blank lines between. Paragraph 2 must begin with {word}.',
      'Give three paragraphs, an empty line after each; let the second one open with the word "{word}".',
    ],
  },
  {
    kind: 'detectable_content:number_placeholders',
    draw: fixed({ num_placeholders: 2 }),
    wordings: [
      'Include at least two placeholders in square brackets, such as [name].',
      'Your answer needs 2 or more placeholders like [address].',
      'Leave at least two gaps to fill in, written as [date] or the like.',
      'Use two placeholders at least, each in square brackets.',
    ],
  },
  {
    kind: 'detectable_content:postscript',
    draw(random) {
      const mark = pick(random, marks)
      return { args: { marker: mark }, words: { mark } }
    },
    wordings: [
      'End with a postscript that begins with {mark}',
      'Add a postscript at the end, starting with {mark}',
      'After the answer, put a last paragraph that starts with {mark}',
      'Close with a postscript; it has to begin with {mark}',
    ],
  },
  {
    kind: 'detectable_format:number_bullet_lists',
    draw: fixed({ num_bullets: 3 }),
    wordings: [
      'Answer with exactly three bullet points in markdown, each beginning with "* ".',
      'Use exactly 3 markdown bullets such as "* This is a point."',
      'There must be three bullet points, no more and no fewer, that begin with "* ".',
      'Give your answer as a list of exactly three items that begin with "* ".',
    ],
  },
  {
    kind: 'detectable_format:constrained_response',
    draw: fixed({ options: ['My answer is yes.', 'My answer is no.', 'My answer is maybe.'] }),
    isWhole: true,
    wordings: [
      'Is a river wet? Answer with one of: "My answer is yes.", "My answer is no.", "My answer is maybe."',
      'Can stones float? Choose exactly one: My answer is yes. / My answer is no. / My answer is maybe.',
      'Is Monday the best day? Reply with one of these and nothing else: My answer is yes. My answer is no. My answer is maybe.',
      'Do cats sleep? Your whole answer must be "My answer is yes.", "My answer is no." or "My answer is maybe."',
    ],
  },
  {
    kind: 'detectable_format:number_highlighted_sections',
    draw: fixed({ num_highlights: 2 }),
    wordings: [
      'Highlight at least two passages with markdown, as in *a passage*.',
      'At least 2 parts of the answer should be highlighted like *this*.',
      'Put two or more passages between asterisks.',
      'Use markdown to highlight no fewer than two passages: *passage*.',
    ],
  },
  {
    kind: 'detectable_format:multiple_sections',
    draw: fixed({ section_spliter: 'Section', num_sections: 2 }),
    wordings: [
      'Write two sections and begin each with "Section" and its number, as in Section 1.',
      'Your answer needs 2 sections, headed Section 1 and Section 2.',
      'Divide the answer into two sections; each starts with a line such as "Section 1".',
      'Use at least two sections, marked with Section X.',
    ],
  },
  {
    kind: 'detectable_format:json_format',
    draw: fixed(),
    wordings: [
      'The whole answer must be a JSON object.',
      'Answer in JSON, with nothing around it.',
      'Give your entire answer as valid JSON.',
      'Wrap the answer into a JSON object and write nothing else.',
    ],
  },
  {
    kind: 'detectable_format:title',
    draw: fixed(),
    wordings: [
      'Give the answer a title in double angular brackets, such as <<On rivers>>.',
      'Your answer must have a title, wrapped like this: <<title>>.',
      'Put a title between << and >> somewhere in the answer.',
      'Include a title, written as <<the title>>.',
    ],
  },
  {
    kind: 'combination:two_responses',
    draw: fixed(),
    wordings: [
      'Give two different answers, separated by six asterisks: ******.',
      'Write 2 different responses and put ****** between them.',
      'I want two answers that differ. Divide them by ******.',
      'Answer twice, differently; the only thing between both is ******.',
    ],
  },
  {
    kind: 'combination:repeat_prompt',
    draw(random) {
      const sentence = pick(random, topics)
      return { args: { prompt_to_repeat: sentence }, words: { sentence } }
    },
    isWhole: true,
    wordings: [
      '{sentence} First repeat that sentence word for word, then answer it.',
      '{sentence} Before you answer, repeat the request above without a change; do not repeat this one.',
      '{sentence} Begin with the sentence I have just written, exactly as it is, and then give the answer.',
      '{sentence} Your answer must start with the sentence before this one, word for word.',
    ],
  },
  {
    kind: 'change_case:capital_word_frequency',
    draw: fixed({ capital_frequency: 3, capital_relation: 'at least' }),
    wordings: [
      'Write at least three words in capital letters.',
      'Use 3 or more words that consist of capitals only.',
      'No fewer than three words should be in ALL CAPITALS.',
      'Let at least three words be written in capitals throughout.',
    ],
  },
  {
    kind: 'change_case:english_capital',
    draw: fixed(),
    wordings: [
      'Answer in English and in capital letters only.',
      'Your whole answer should be in English, in CAPITALS.',
      'Use nothing but capital letters, in English.',
      'Write in English with every letter a capital.',
    ],
  },
  {
    kind: 'change_case:english_lowercase',
    draw: fixed(),
    wordings: [
      'Answer in English and in small letters only.',
      'Your whole answer should be in English, without any capital letter.',
      'Use no capitals at all, in English.',
      'Write in English with every letter a small one.',
    ],
  },
  {
    kind: 'startend:end_checker',
    draw(random) {
      const phrase = pick(random, ['Is there anything else?', 'That is all I know.', 'So much for today.'])
      return { args: { end_phrase: phrase }, words: { phrase } }
    },
    wordings: [
      'End your answer with exactly this: {phrase}',
      'The very last words must be: {phrase}',
      'Finish with the sentence "{phrase}" and let nothing follow it.',
      'Nothing may come after the closing words: {phrase}',
    ],
  },
  {
    kind: 'startend:quotation',
    draw: fixed(),
    wordings: [
      'Put your whole answer between double quotation marks.',
      'Wrap the entire answer in "double quotes".',
      'Your answer must begin and end with a double quotation mark.',
      'Enclose everything you write in double quotation marks.',
    ],
  },
  {
    kind: 'punctuation:no_comma',
    draw: fixed(),
    wordings: [
      'Do not use any commas.',
      'Your answer may not contain a comma.',
      'Write it without a single comma.',
      'Commas are not allowed.',
    ],
  },
]

/** Constraints that can hold over a conversation whatever is asked, and the turns at which they are looked at. */
const lasting = [
  'keywords:existence',
  'keywords:forbidden_words',
  'length_constraints:number_words',
  'detectable_format:number_bullet_lists',
  'detectable_format:json_format',
  'detectable_format:title',
  'change_case:english_capital',
  'change_case:english_lowercase',
  'startend:end_checker',
  'punctuation:no_comma',
]
const checkedTurns: ReadonlySet<number> = new Set([1, 5, 10, 20])
const turnsInAll = 20

/** 25 kinds x 4 wordings, and 10 conversations: 110 cases. Each kind is a cluster. */
export function formatCases(random: Random): CaseSettings[] {
  const cases: CaseSettings[] = []
  for (const { kind, draw, wordings, isWhole } of formatKindsInPack) {
    for (const wording of wordings) {
      const { args, words } = draw(random)
      const demand = fill(wording, words)
      cases.push({
        id: idOf(kind, cases.length + 1),
        tags: ['format-pack', `format:${groupOf(kind)}`],
        metadata: { pack: 'format', kind, cluster: `format-${kind}` },
        turns: [{ user: isWhole ? demand : `${pick(random, topics)} ${demand}` }],
        assert: checks(kind, args),
      })
    }
  }
  for (const kind of lasting) {
    const { draw, wordings } = formatKindsInPack.find((candidate) => candidate.kind === kind)!
    const { args, words } = draw(random)
    const demand = fill(wordings[0], words)
    cases.push({
      id: idOf(`lasting-${kind}`, cases.length + 1),
      tags: ['format-pack', 'format:lasting'],
      metadata: { pack: 'format', kind, cluster: `lasting-${kind}` },
      turns: [
        { system: `This holds for every answer of the conversation. ${demand}` },
        ...Array.from({ length: turnsInAll }, (_, index) => [
          { user: `${pick(random, topics)} (Question ${index + 1}.)` },
          { assistant: checkedTurns.has(index + 1) ? { assert: [strict(kind, args)] } : {} },
        ]).flat(),
      ],
    })
  }
  return cases
}

function strict(kind: string, args: JsonObject): AssertionSettings {
  return { type: 'format-constraint', value: { kind, args, mode: 'strict' } as never, metric: 'strict' }
}

/** Strict decides; loose is recorded beside it. */
function checks(kind: string, args: JsonObject): AssertionSettings[] {
  const loose = {
    type: 'format-constraint',
    value: { kind, args, mode: 'loose' } as never,
    weight: 0,
    metric: 'loose',
  }
  return [strict(kind, args), loose]
}

function fill(template: string, words: Readonly<Record<string, string>>): string {
  return template.replace(/\{(\w+)\}/g, (_, name: string) => words[name] ?? '')
}

function idOf(kind: string, number: number): string {
  return `format-${kind.replace(/.*:/, '').replaceAll('_', '-')}-${String(number).padStart(3, '0')}`
}

const groupOf = (kind: string): string => kind.replace(/:.*/, '')
