/** Experiments and pointers of routes on two instances over one database: one assignment, one sum, one end for both. */

import assert from 'node:assert/strict'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { type Instances, testInstances } from '../support/instances.ts'
import { until } from '../support/until.ts'

const config: JsonObject = {
  models: {
    'openai/cheap': { price: { input: 1, output: 1 } },
    'openai/dear': { price: { input: 10, output: 10 } },
  },
  routes: {
    assistant: {
      strategy: 'experiment',
      targets: ['openai/cheap'],
      experiment: {
        name: 'e1',
        metric: 'feedback',
        minUnits: 30,
        guardrails: [{ metric: 'cost' }],
        arms: [{ name: 'control' }, { name: 'new', targets: ['openai/dear'] }],
      },
    },
  },
}

const sessions = (from: number, count: number): string[] =>
  Array.from({ length: count }, (_, n) => `session-${from + n}`)

/** Asks once for each session, a few at a time, and gives the arms by session. */
async function armsOf({ post }: Instances, at: number, names: readonly string[]) {
  const found = new Map<string, string | null>()
  for (let from = 0; from < names.length; from += 8) {
    const asked = names.slice(from, from + 8).map(async (name) => {
      const body = { model: 'assistant', messages: [{ role: 'user', content: 'over the weir' }] }
      const response = await post(at, '/v1/chat/completions', body, { 'x-weir-session': name })
      await response.arrayBuffer()
      assert.equal(response.status, 200)
      found.set(name, response.headers.get('x-weir-experiment'))
    })
    await Promise.all(asked)
  }
  return found
}

const unitsAt = async ({ admin }: Instances, at: number): Promise<number[]> => {
  const view = await admin(at, '/experiments/assistant')
  return asArray(view['arms']).map((arm) => Number(asObject(arm)!['units']))
}

testInstances(
  'a session has the same arm on both, their units are one sum, and a guardrail ends it on both',
  2,
  async (it) => {
    const first = await armsOf(it, 0, sessions(0, 30))
    assert.deepEqual(new Set(first.values()), new Set(['e1=control', 'e1=new']))
    assert.deepEqual(await armsOf(it, 1, sessions(0, 30)), first)
    const onlyThere = await armsOf(it, 1, sessions(30, 10))
    const expected = ['e1=control', 'e1=new'].map(
      (arm) => [...first.values(), ...onlyThere.values()].filter((given) => given === arm).length,
    )
    for (const at of [0, 1]) {
      const units = await until(`all units at ${at}`, async () => {
        const found = await unitsAt(it, at)
        return found[0]! + found[1]! === 40 ? found : undefined
      })
      assert.deepEqual(units, expected, 'a unit that was seen by both counts once')
    }
    await armsOf(it, 0, sessions(40, 80))
    for (const at of [0, 1]) {
      const ended = await until(`the end at ${at}`, async () => {
        const view = await it.admin(at, '/experiments/assistant')
        return view['state'] === 'ended' ? view : undefined
      })
      assert.match(String(ended['reason']), /the arm new crosses the guardrail of cost/)
      const after = await until(`the control at ${at}`, async () => {
        const given = await armsOf(it, at, sessions(0, 12))
        return [...given.values()].every((arm) => arm === null) ? given : undefined
      })
      assert.equal(after.size, 12)
    }
    assert.deepEqual(await unitsAt(it, 1), await unitsAt(it, 0))
  },
  config,
)
