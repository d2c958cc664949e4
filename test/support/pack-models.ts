/** Models that are built to answer the packs in one way or another, and how a pack judges them. */

import assert from 'node:assert/strict'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import type { GradeParts, Reply } from '../../src/judgement/assertions/assertion.ts'
import { gradeReply, sumUp } from '../../src/judgement/assertions/grade.ts'
import { createSchemaGrader } from '../../src/judgement/assertions/json-schemas.ts'
import { createRegexRunner } from '../../src/judgement/assertions/regex.ts'
import { conflictTasks } from '../../src/judgement/packs/conflict.ts'
import { generatePack, type PackName } from '../../src/judgement/packs/pack.ts'
import { loadGenerated } from '../../src/judgement/suite/load.ts'
import type { Case } from '../../src/judgement/suite/suite.ts'

const schemas = createSchemaGrader()
export const packParts: GradeParts = { regex: createRegexRunner(), schemas }
/** After the last test. */
export const closePacks = (): Promise<void> => schemas.close()

export interface Message {
  readonly role: string
  readonly text: string
}
/** A model that is built for the test. It sees what any model sees, and `test` only where it is an oracle. */
export type Model = (messages: readonly Message[], test: Case) => string

export async function passes(test_: Case, model: Model): Promise<boolean> {
  const messages: Message[] = []
  const results = []
  for (const step of test_.steps) {
    if (step.role !== 'call') {
      messages.push({ role: step.role, text: step.text })
      continue
    }
    const output = model(messages, test_)
    const reply: Reply = { output, toolCalls: [], isRefusal: false, totalMs: 1, isCached: false }
    results.push(
      ...(await gradeReply(
        step.assert,
        { reply, replies: [reply], prompt: [], vars: {}, tools: [] },
        packParts,
      )),
    )
    messages.push({ role: 'assistant', text: output })
  }
  const grade = sumUp(results)
  assert.equal(grade.status, 'graded', JSON.stringify(grade))
  return grade.pass
}

/** The share that passes, by what `groupOf` says of the case. */
export async function rates(
  name: PackName,
  model: Model,
  groupOf: (test: Case) => string,
  windowTokens = Infinity,
): Promise<Record<string, number>> {
  const { cases } = await loadGenerated(await generatePack(name, { seed: '1', windowTokens }))
  const counts: Record<string, { passed: number; all: number }> = {}
  for (const each of cases) {
    const count = (counts[groupOf(each)] ??= { passed: 0, all: 0 })
    count.all += 1
    if (await passes(each, model)) count.passed += 1
  }
  return Object.fromEntries(Object.entries(counts).map(([group, { passed, all }]) => [group, passed / all]))
}

export const metadata =
  (name: string) =>
  (each: Case): string =>
    String(each.metadata[name])

const obeyed: Readonly<Record<string, readonly [string, string]>> = {
  case: ['ALL OF IT IS LOUD.', 'all of it is quiet.'],
  ending: ['So it is. This is where it ends.', 'So it is. There is more to come.'],
  bullets: ['* a\n* b\n* c', '* a\n* b\n* c\n* d\n* e'],
  opening: ['Plainly so.', 'Perhaps so.'],
  word: ['It is granite.', 'It is marble.'],
}

/** Obeys whom it should, or, where `obeysLow` says so, whom it should not. */
export function follower(obeysLowIn: (test: Case) => boolean): Model {
  return (messages, test) => {
    const prefers = obeysLowIn(test) ? 'low' : 'high'
    const all = messages.map(({ text }) => text).join('\n')
    const code = /QZ-\d\d-[A-Z]K/.exec(all)?.[0]
    const last = messages.findLast(({ role }) => role === 'user')!.text
    if (code !== undefined) {
      if (last.startsWith('Repeat this code')) return code
      if (last.includes('How many legs')) return '8'
      return prefers === 'high' ? 'I cannot tell.' : `Here: ${code}`
    }
    const lower = all.toLowerCase()
    const task = conflictTasks.find(({ high, low }) =>
      [high, low].some((text) => lower.includes(text.toLowerCase())),
    )!
    const obeysLow = prefers === 'low' && lower.includes(task.low.toLowerCase())
    return obeyed[task.name]![obeysLow ? 1 : 0]
  }
}

/** Reads the facts of a text, the later ones over the earlier, and answers what is asked. */
export function solve(context: string): string {
  const [text = '', question = ''] = context.split('Question: ')
  const values = new Map<string, string[]>()
  const facts =
    /(One of the registry numbers|registry number) of ([A-Z]\w+(?: [A-Z]\w+)?) (?:is|has been changed to) (?:(\d{7})|the same as that of ([A-Z]\w+(?: [A-Z]\w+)?))/g
  for (const [, kind, place, value, other] of text.matchAll(facts)) {
    const found = value === undefined ? (values.get(other!) ?? []) : [value]
    values.set(place!, kind!.startsWith('One') ? [...(values.get(place!) ?? []), ...found] : found)
  }
  const asked = [...values.keys()].filter((place) => question.includes(place))
  return asked.flatMap((place) => values.get(place)!).join(', ')
}

export const dropsMiddleHalf: Model = ([message]) => {
  const { text } = message!
  const [body = '', question = ''] = text.split('Question: ')
  const quarter = Math.floor(body.length / 4)
  return solve(`${body.slice(0, quarter)} ${body.slice(3 * quarter)}Question: ${question}`)
}

const many = (count: number, make: (index: number) => string): string[] =>
  Array.from({ length: count }, (_, at) => make(at))

/** An answer that obeys, for each kind. */
const right: Readonly<Record<string, (args: JsonObject) => string>> = {
  'keywords:existence': ({ keywords }) => asArray(keywords).join(' and '),
  'keywords:frequency': ({ keyword }) => many(3, () => String(keyword)).join(', '),
  'keywords:forbidden_words': () => 'Stones lie in the river.',
  'keywords:letter_frequency': ({ letter }) => `${String(letter)}${String(letter)}`,
  'language:response_language': ({ language }) =>
    ({
      de: 'Der Fluss ist nicht tief und die Brücke ist auch schön.',
      fr: 'La rivière est belle et les ponts sont dans la vallée.',
      es: 'El río es largo y los puentes están en el valle por la tarde.',
      it: 'Il fiume è lungo e non si vede il ponte della città.',
      pt: 'O rio é longo e os barcos não são da cidade, mas estão no porto.',
    })[String(language)]!,
  'length_constraints:number_words': () => 'Short enough.',
  'length_constraints:number_sentences': () => 'One. Two.',
  'length_constraints:number_paragraphs': () => 'a\n\n***\n\nb\n\n***\n\nc',
  'length_constraints:nth_paragraph_first_word': ({ first_word: word }) =>
    `One.\n\n${String(word)} two.\n\nThree.`,
  'detectable_content:number_placeholders': () => '[name] at [place]',
  'detectable_content:postscript': ({ marker }) => `Dear.\n\n${String(marker)} more`,
  'detectable_format:number_bullet_lists': ({ num_bullets: count }) =>
    many(Number(count), () => '* point').join('\n'),
  'detectable_format:constrained_response': () => 'My answer is yes.',
  'detectable_format:number_highlighted_sections': () => '*a* and *b*',
  'detectable_format:multiple_sections': () => 'Section 1\nx\nSection 2\ny',
  'detectable_format:json_format': () => '{"answer": "yes"}',
  'detectable_format:title': () => '<<On rivers>> They flow.',
  'combination:two_responses': () => 'One way.\n******\nAnother.',
  'combination:repeat_prompt': ({ prompt_to_repeat: prompt }) => `${String(prompt)} So it is.`,
  'change_case:capital_word_frequency': () => 'ONE TWO THREE four',
  'change_case:english_capital': () => 'THE RIVER IS WIDE AND IT IS DEEP.',
  'change_case:english_lowercase': () => 'the river is wide and it is deep.',
  'startend:end_checker': ({ end_phrase: phrase }) => `So. ${String(phrase)}`,
  'startend:quotation': () => '"All of it."',
  'punctuation:no_comma': () => 'No pause at all.',
}

export function constraintOf({ steps }: Case): { kind: string; args: JsonObject } {
  const call = steps.find((step) => step.role === 'call' && step.assert.length > 0)!
  const value = asObject(call.role === 'call' ? call.assert[0]!.value : undefined)!
  return { kind: String(value['kind']), args: asObject(value['args']) ?? {} }
}

export const formatOracle: Model = (_, each) => {
  const { kind, args } = constraintOf(each)
  return right[kind]!(args)
}

/** Answers with the facts that the case is graded by. */
export const structuredOracle: Model = (_, each) => {
  const call = each.steps.at(-1)!
  const fields = call.role === 'call' ? call.assert.filter(({ type }) => type === 'json-field') : []
  const facts = fields.map(({ value }) => asObject(value)!)
  return JSON.stringify(Object.fromEntries(facts.map(({ path, value }) => [String(path).slice(1), value])))
}
