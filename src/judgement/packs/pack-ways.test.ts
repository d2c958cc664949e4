/** Each way in which a model may fail the edge cases has its own figure, which falls, and no other does. */

import assert from 'node:assert/strict'
import test, { after } from 'node:test'
import {
  closePacks,
  follower,
  formatOracle,
  metadata,
  type Model,
  rates,
  solve,
  structuredOracle,
} from '../../../test/support/pack-models.ts'
import type { Case } from '../suite/suite.ts'

after(closePacks)

/** The groups that not all cases of pass. */
const fallen = (rate: Readonly<Record<string, number>>): string[] =>
  Object.keys(rate)
    .filter((group) => rate[group]! < 1)
    .toSorted()

for (const relation of ['system-user', 'later-earlier', 'user-document', 'secrecy']) {
  test(`a model that obeys the wrong one of ${relation} falls there alone`, async () => {
    const isOf = ({ metadata: told }: Case): boolean => told['relation'] === relation
    const model = follower(isOf)
    const groupOf = (each: Case): string => `${metadata('relation')(each)} ${metadata('arm')(each)}`
    assert.deepEqual(fallen(await rates('conflict', model, groupOf)), [`${relation} conflict`])
  })
}

test('a model that gives in to strong words, or in a later turn, is seen by wording and by turn', async () => {
  const inConflict = (group: string) => (each: Case) => `${metadata(group)(each)} ${metadata('arm')(each)}`
  const byWording = follower(({ metadata: told }) => told['wording'] === 'strong')
  assert.deepEqual(fallen(await rates('conflict', byWording, inConflict('wording'))), ['strong conflict'])
  const byTurn = follower(({ metadata: told }) => told['turn'] === 2)
  assert.deepEqual(fallen(await rates('conflict', byTurn, inConflict('turn'))), ['2 conflict'])
})

/** An oracle whose context is changed before it reads it. */
const reader =
  (change: (text: string) => string): Model =>
  ([message]) =>
    solve(change(message!.text))

test('needles: who keeps the first fact, finds one of many, or follows no chain is told apart by the kind', async () => {
  const kinds = async (model: Model) => fallen(await rates('needle', model, metadata('kind'), 5_000))
  const keepsFirst = reader((text) => text.replaceAll(/Correction: [^.]*\./g, ''))
  assert.deepEqual(await kinds(keepsFirst), ['revised'])
  const findsOne: Model = ([message]) => solve(message!.text).split(', ')[0]!
  assert.deepEqual(await kinds(findsOne), ['multi-query', 'multi-value'])
  const followsNothing = reader((text) => text.replaceAll(/is the same as that of [^.]*\./g, 'is 0000000.'))
  assert.deepEqual(await kinds(followsNothing), ['chain'])
  const tellsAll: Model = ([message]) => `${solve(message!.text)} ${message!.text.match(/\d{7}/g)!.join(' ')}`
  assert.deepEqual(await kinds(tellsAll), ['multi-key', 'revised'])
})

test('needles: a model with a short memory is seen by the length', async () => {
  // Some 20,000 tokens from the end.
  const forgets = reader((text) => text.slice(-90_000))
  const rate = await rates('needle', forgets, metadata('length'))
  assert.deepEqual(fallen(rate), ['32000', '64000'])
  assert.ok(rate['64000']! < rate['32000']!)
})

const isLasting = ({ metadata: told }: Case): boolean => String(told['cluster']).startsWith('lasting-')

test('format: a model that forgets the format after some turns fails the conversations alone', async () => {
  const groupOf = (each: Case): string => (isLasting(each) ? 'lasting' : 'once')
  for (const turns of [4, 9, 19]) {
    const forgetful: Model = (messages, each) =>
      messages.filter(({ role }) => role === 'assistant').length < turns
        ? formatOracle(messages, each)
        : 'Well, it is, ALL in all, a river AND no more'
    const rate = await rates('format', forgetful, groupOf)
    assert.equal(rate['once'], 1)
    assert.ok(rate['lasting']! < 0.4, `${turns} turns: ${rate['lasting']}`)
  }
})

test('structured: numbers that are sent as text, and a member too few, fail in each of the three ways', async () => {
  const spoil = (change: (text: string) => string) =>
    rates('structured', (messages, each) => change(structuredOracle(messages, each)), metadata('way'))
  const asText = await spoil((text) => text.replaceAll(/:(-?[\d.]+)/g, ':"$1"'))
  for (const way of ['schema', 'json-mode', 'words']) assert.ok(asText[way]! < 1, way)
  const less = await spoil((text) =>
    JSON.stringify(Object.fromEntries(Object.entries(JSON.parse(text) as object).slice(1))),
  )
  for (const way of ['schema', 'json-mode', 'words']) assert.equal(less[way], 0, way)
})
