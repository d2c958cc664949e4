import assert from 'node:assert/strict'
import test from 'node:test'
import { format, inspect } from 'node:util'
import fc from 'fast-check'
import { Secret } from './secret.ts'

const value = fc.string().map((text) => `canary-${text}`)

test('a secret shows itself only when revealed', () => {
  fc.assert(
    fc.property(value, (text) => {
      const held = new Secret(text)
      assert.equal(held.reveal(), text)
      const shown = [
        `${held}`,
        String(held),
        JSON.stringify({ held }),
        inspect({ held }, { showHidden: true, depth: 9 }),
        format('%s %o %O %j', held, held, held, held),
        JSON.stringify(structuredClone({ ...held })),
        String(new Error(`failed with ${held}`).stack).split('\n')[0],
      ]
      for (const line of shown) assert.ok(!line?.includes(text))
    }),
  )
})

test('a frozen secret still reveals its value', () => {
  assert.equal(Object.freeze(new Secret('abc')).reveal(), 'abc')
})
