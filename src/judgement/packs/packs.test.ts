/** The packs tell models apart that are built to fail in one way each. */

import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { asArray, asObject, type JsonObject } from '../../core/json.ts'
import type { DeclaredTool, GradeParts, Reply, ToolCall } from '../assertions/assertion.ts'
import { gradeReply, sumUp } from '../assertions/grade.ts'
import { createSchemaGrader } from '../assertions/json-schemas.ts'
import { createRegexRunner } from '../assertions/regex.ts'
import { writtenLanguage } from '../assertions/written-language.ts'
import { loadGenerated } from '../suite/load.ts'
import type { Case } from '../suite/suite.ts'
import { conflictTasks } from './conflict.ts'
import { generatePack, type PackName } from './pack.ts'
import { forms } from './structured.ts'

const schemas = createSchemaGrader()
after(() => schemas.close())
const parts: GradeParts = { regex: createRegexRunner(), schemas }

interface Message {
  readonly role: string
  readonly text: string
}
/** A model that is built for the test. It sees what any model sees, and `test` only where it is an oracle. */
type Model = (messages: readonly Message[], test: Case) => string

async function passes(test_: Case, model: Model): Promise<boolean> {
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
      ...(await gradeReply(step.assert, { reply, replies: [reply], prompt: [], vars: {}, tools: [] }, parts)),
    )
    messages.push({ role: 'assistant', text: output })
  }
  const grade = sumUp(results)
  assert.equal(grade.status, 'graded', JSON.stringify(grade))
  return grade.pass
}

/** The share that passes, by what `groupOf` says of the case. */
async function rates(
  name: PackName,
  model: Model,
  groupOf: (test: Case) => string,
): Promise<Record<string, number>> {
  const { cases } = await loadGenerated(await generatePack(name, { seed: '1' }))
  const counts: Record<string, { passed: number; all: number }> = {}
  for (const each of cases) {
    const count = (counts[groupOf(each)] ??= { passed: 0, all: 0 })
    count.all += 1
    if (await passes(each, model)) count.passed += 1
  }
  return Object.fromEntries(Object.entries(counts).map(([group, { passed, all }]) => [group, passed / all]))
}

const metadata =
  (name: string) =>
  (each: Case): string =>
    String(each.metadata[name])

// -- conflict

const obeyed: Readonly<Record<string, readonly [string, string]>> = {
  case: ['ALL OF IT IS LOUD.', 'all of it is quiet.'],
  ending: ['So it is. This is where it ends.', 'So it is. There is more to come.'],
  bullets: ['* a\n* b\n* c', '* a\n* b\n* c\n* d\n* e'],
  opening: ['Plainly so.', 'Perhaps so.'],
  word: ['It is granite.', 'It is marble.'],
}

function follower(prefers: 'high' | 'low'): Model {
  return (messages) => {
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

test('conflict: 240 cases in 80 triples; who obeys the right one passes, who obeys the other shows where', async () => {
  const { cases } = await loadGenerated(await generatePack('conflict', { seed: '1' }))
  assert.equal(cases.length, 240)
  assert.equal(new Set(cases.map(({ cluster }) => cluster)).size, 80)
  assert.deepEqual(await rates('conflict', follower('high'), metadata('arm')), {
    reference: 1,
    aligned: 1,
    conflict: 1,
  })
  assert.deepEqual(await rates('conflict', follower('low'), metadata('arm')), {
    reference: 1,
    aligned: 1,
    conflict: 0,
  })
  const mute = await rates('conflict', () => 'x', metadata('arm'))
  assert.equal(mute['reference'], 0)
})

// -- needle

/** Reads the facts of a text, the later ones over the earlier, and answers what is asked. */
function solve(context: string): string {
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

const dropsMiddleHalf: Model = ([message]) => {
  const { text } = message!
  const [body = '', question = ''] = text.split('Question: ')
  const quarter = Math.floor(body.length / 4)
  return solve(`${body.slice(0, quarter)} ${body.slice(3 * quarter)}Question: ${question}`)
}

test('needle: 120 cases of the right lengths; a model that loses the middle is seen to', async () => {
  const { cases } = await loadGenerated(await generatePack('needle', { seed: '1' }))
  assert.equal(cases.length, 120)
  for (const each of cases) {
    const [first] = each.steps
    const tokens = countTokens(first!.role === 'user' ? first!.text : '')
    const wanted = Number(each.metadata['length'])
    assert.ok(Math.abs(tokens / wanted - 1) < 0.05, `${each.id}: ${tokens} tokens, not ${wanted}`)
  }
  const oracle: Model = ([message]) => solve(message!.text)
  assert.deepEqual(await rates('needle', oracle, metadata('depth')), { 0: 1, 0.25: 1, 0.5: 1, 0.75: 1, 1: 1 })
  assert.deepEqual(await rates('needle', dropsMiddleHalf, metadata('depth')), {
    0: 1,
    0.25: 0,
    0.5: 0,
    0.75: 0,
    1: 1,
  })
  const short = await generatePack('needle', { seed: '1', windowTokens: 10_000 })
  assert.deepEqual([...new Set(short.tests.map((each) => each.metadata!['length']))], [4_000, 9_000])
})

// -- format

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

function constraintOf({ steps }: Case): { kind: string; args: JsonObject } {
  const call = steps.find((step) => step.role === 'call' && step.assert.length > 0)!
  const value = asObject(call.role === 'call' ? call.assert[0]!.value : undefined)!
  return { kind: String(value['kind']), args: asObject(value['args']) ?? {} }
}

const formatOracle: Model = (_, each) => {
  const { kind, args } = constraintOf(each)
  return right[kind]!(args)
}

test('format: every kind in four wordings, and over conversations; a fence spoils JSON, and only JSON', async () => {
  const { cases } = await loadGenerated(await generatePack('format', { seed: '1' }))
  assert.equal(cases.length, 25 * 4 + 10)
  const all = await rates('format', formatOracle, metadata('kind'))
  assert.deepEqual(
    Object.entries(all).filter(([, rate]) => rate < 1),
    [],
  )
  assert.equal(Object.keys(all).length, 25)
  const fenced = await rates(
    'format',
    (messages, each) => `\`\`\`\n${formatOracle(messages, each)}\n\`\`\``,
    metadata('kind'),
  )
  assert.equal(fenced['detectable_format:json_format'], 0)
  assert.equal(fenced['keywords:existence'], 1)
  const json = cases.find((each) => constraintOf(each).kind === 'detectable_format:json_format')!
  const call = json.steps.at(-1)!
  const output = '```json\n{"a": 1}\n```'
  const reply: Reply = { output, toolCalls: [], isRefusal: false, totalMs: 1, isCached: false }
  const context = { reply, replies: [reply], prompt: [], vars: {}, tools: [] }
  const [strict, loose] = await gradeReply(call.role === 'call' ? call.assert : [], context, parts)
  assert.deepEqual([strict!.pass, loose!.pass], [false, true])
})

test('the same seed gives the same pack, another gives another', async () => {
  const text = async (seed: string) =>
    JSON.stringify(await generatePack('edge-cases', { seed, windowTokens: 5_000 }))
  assert.equal(await text('1'), await text('1'))
  assert.notEqual(await text('1'), await text('2'))
})

test('languages are told by script and common words; short texts by neither', () => {
  const samples: Readonly<Record<string, string>> = {
    en: 'The river is wide and it was cold in the morning.',
    nl: 'De rivier is niet diep en het water van de zee is koud.',
    pl: 'To jest rzeka i nie ma na niej mostu, ale jest przez nią droga.',
    ru: 'Эта река широкая, и вода в ней холодная.',
    uk: 'Ця річка широка, і вода її холодна.',
    ja: 'この川はとても広いです。',
    zh: '这条河很宽，水很冷，我们不能游泳过去。',
    ko: '이 강은 매우 넓고 물이 차갑습니다.',
    ar: 'هذا النهر واسع والماء فيه بارد.',
    fa: 'این رودخانه پهن است و گرگ دارد چیزی نیست.',
    hi: 'यह नदी बहुत चौड़ी है और पानी ठंडा है।',
    th: 'แม่น้ำสายนี้กว้างมากและน้ำเย็น',
    vi: 'Con sông này rất rộng và nước của nó không ấm trong mùa đông.',
    sv: 'Floden är bred och vattnet är kallt, så det är inte lätt att simma.',
  }
  for (const [language, text] of Object.entries(samples)) assert.equal(writtenLanguage(text), language, text)
  assert.equal(writtenLanguage('ok'), undefined)
  assert.equal(writtenLanguage('xyzzy plugh frotz gnusto'), undefined)
})

// -- structured answers

/** Answers with the facts that the case is graded by. */
const structuredOracle: Model = (_, each) => {
  const call = each.steps.at(-1)!
  const fields = call.role === 'call' ? call.assert.filter(({ type }) => type === 'json-field') : []
  const facts = fields.map(({ value }) => asObject(value)!)
  return JSON.stringify(Object.fromEntries(facts.map(({ path, value }) => [String(path).slice(1), value])))
}

test('structured: every form asked for in three ways; a fence, a lost member and a loose type fail', async () => {
  const { cases } = await loadGenerated(await generatePack('structured', { seed: '1' }))
  assert.equal(cases.length, forms.length * 3 * 2)
  const ways = metadata('way')
  assert.deepEqual(await rates('structured', structuredOracle, ways), { schema: 1, 'json-mode': 1, words: 1 })
  const spoil = (change: (text: string) => string) =>
    rates('structured', (messages, each) => change(structuredOracle(messages, each)), ways)
  const none = { schema: 0, 'json-mode': 0, words: 0 }
  assert.deepEqual(await spoil((text) => `\`\`\`json\n${text}\n\`\`\``), none)
  assert.deepEqual(await spoil((text) => text.replace(/,?"[a-z]+":(?=[^:]*$)/i, ',"more":')), none)
  assert.deepEqual(await spoil((text) => text.replace(/\}$/, ',"remark":"as asked"}')), none)
})

// -- tools

type Caller = (test: Case, expected: readonly ToolCall[]) => readonly ToolCall[]

/** The share of each kind that passes, of a model that calls as `caller` says and answers what the oracle would. */
async function toolRates(caller: Caller): Promise<Record<string, number>> {
  const { cases } = await loadGenerated(await generatePack('tools', { seed: '1' }))
  const counts: Record<string, number> = {}
  for (const each of cases) {
    const results = []
    for (const step of each.steps) {
      if (step.role !== 'call') continue
      const wanted = step.assert.find(({ type }) => type === 'tool-call-f1')
      const expected = asArray(wanted?.value).map((call) => ({
        name: String(asObject(call)!['name']),
        arguments: JSON.stringify(asObject(call)!['args']),
      }))
      const days = step.assert.find(({ type }) => type === 'needle')
      const toolCalls = caller(each, expected)
      const output =
        toolCalls.length > 0 ? '' : `It is ${String(asArray(asObject(days?.value)?.['expect'])[0])}.`
      const reply: Reply = { output, toolCalls, isRefusal: false, totalMs: 1, isCached: false }
      const tools = declaredOf(each)
      results.push(
        ...(await gradeReply(step.assert, { reply, replies: [reply], prompt: [], vars: {}, tools }, parts)),
      )
    }
    const grade = sumUp(results)
    assert.equal(grade.status, 'graded', JSON.stringify(grade))
    const kind = String(each.metadata['kind'])
    counts[kind] = (counts[kind] ?? 0) + Number(grade.pass) / 6
  }
  return Object.fromEntries(
    Object.entries(counts).map(([kind, share]) => [kind, Math.round(share * 100) / 100]),
  )
}

const declaredOf = ({ params }: Case): DeclaredTool[] =>
  (params.tools ?? []).map(({ function: { name, parameters } }) => ({
    name,
    schema: parameters as JsonObject,
  }))

test('tools: models that call too much, too little, wrongly or one at a time are told apart', async () => {
  const all = { single: 1, several: 1, none: 1, forbidden: 1, forced: 1, result: 1 }
  assert.deepEqual(await toolRates((_, expected) => expected), all)
  const never = await toolRates(() => [])
  assert.deepEqual(never, { ...all, single: 0, several: 0, forced: 0, result: 0 })
  const eager = [{ name: 'weather', arguments: '{"town":"Ashford"}' }]
  const always = await toolRates((_, expected) => (expected.length > 0 ? expected : eager))
  assert.deepEqual(always, { ...all, none: 0, forbidden: 0, result: 0 })
  const oneAtATime = await toolRates((_, expected) => expected.slice(0, 1))
  assert.deepEqual(oneAtATime, { ...all, several: 0 })
  const asText = await toolRates((_, expected) =>
    expected.map(({ name, arguments: args }) => ({ name, arguments: args.replace(/:(\d+)/g, ':"$1"') })),
  )
  assert.ok(asText['single']! < 1 && asText['none'] === 1, 'numbers that are sent as text are seen')
})
