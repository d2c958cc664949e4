/** The packs tell models apart that are built to fail in one way each. */

import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import { countTokens } from 'gpt-tokenizer/encoding/o200k_base'
import { asArray, asObject, type JsonObject } from '../../core/json.ts'
import {
  closePacks,
  constraintOf,
  dropsMiddleHalf,
  follower,
  formatOracle,
  metadata,
  type Model,
  packParts,
  rates,
  solve,
  structuredOracle,
} from '../../../test/support/pack-models.ts'
import type { DeclaredTool, Reply, ToolCall } from '../assertions/assertion.ts'
import { gradeReply, sumUp } from '../assertions/grade.ts'
import { writtenLanguage } from '../assertions/written-language.ts'
import { loadGenerated } from '../suite/load.ts'
import type { Case } from '../suite/suite.ts'
import { generatePack } from './pack.ts'
import { forms } from './structured.ts'

after(closePacks)

// -- conflict

test('conflict: 240 cases in 80 triples; who obeys the right one passes, who obeys the other shows where', async () => {
  const { cases } = await loadGenerated(await generatePack('conflict', { seed: '1' }))
  assert.equal(cases.length, 240)
  assert.equal(new Set(cases.map(({ cluster }) => cluster)).size, 80)
  assert.deepEqual(
    await rates(
      'conflict',
      follower(() => false),
      metadata('arm'),
    ),
    {
      reference: 1,
      aligned: 1,
      conflict: 1,
    },
  )
  assert.deepEqual(
    await rates(
      'conflict',
      follower(() => true),
      metadata('arm'),
    ),
    {
      reference: 1,
      aligned: 1,
      conflict: 0,
    },
  )
  const mute = await rates('conflict', () => 'x', metadata('arm'))
  assert.equal(mute['reference'], 0)
})

// -- needle

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
  const [strict, loose] = await gradeReply(call.role === 'call' ? call.assert : [], context, packParts)
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
        ...(await gradeReply(
          step.assert,
          { reply, replies: [reply], prompt: [], vars: {}, tools },
          packParts,
        )),
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
