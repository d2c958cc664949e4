/** The recorder redacts before it seals, survives a store that fails, keeps within its bounds, and chooses as configured. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { builtInDetectors, detectorNames } from '../detectors/built-in.ts'
import { findAll, replaceFindings } from '../detectors/finding.ts'
import { compileChoice } from './choice.ts'
import { createPayloads } from './payloads.ts'
import type { PayloadContent, PayloadHead, PayloadSealing, PayloadStore, SealedPayload } from './port.ts'
import { createPayloadRecorder } from './recorder.ts'

const head = (n: number): PayloadHead => ({
  id: `req_${n}`,
  org: 'default',
  atMs: n,
  dialect: 'openai-chat',
  requestedModel: 'm',
  keyId: 'k',
  keyName: 'k',
  tags: [],
  status: 200,
})

const content = (text: string): PayloadContent => ({
  request: {
    model: 'm',
    stream: false,
    turns: [
      { role: 'user', parts: [{ type: 'text', text }] },
      {
        role: 'user',
        parts: [
          { type: 'media', media: 'image', source: { at: 'base64', mimeType: 'image/png', data: 'aGk=' } },
          {
            type: 'reasoning',
            text: 'thought',
            signature: { dialect: 'anthropic-messages', value: 'proof' },
          },
        ],
      },
    ],
  },
})

/** Encrypts nothing, but binds to the place. */
const sealing: PayloadSealing = {
  seal: async (_org, place, plain) => ({
    keyVersion: 1,
    sealed: Buffer.from(JSON.stringify([place, plain])),
  }),
  async unseal(_org, _version, place, sealed) {
    const [sealedPlace, plain] = JSON.parse(Buffer.from(sealed).toString()) as [unknown, string]
    return JSON.stringify(sealedPlace) === JSON.stringify(place) ? plain : undefined
  },
}

function open(t: TestContext, bounds: { readonly maxQueued?: number; readonly maxEntryBytes?: number } = {}) {
  const rows = new Map<string, SealedPayload>()
  const errors: number[] = []
  const state: { isBroken: boolean; unstorable?: string; busy?: Promise<void> } = { isBroken: false }
  const store: PayloadStore = {
    async insert(payloads) {
      await state.busy
      if (state.isBroken) throw new Error('no store')
      if (payloads.some(({ id }) => id === state.unstorable)) throw new Error('not this one')
      for (const row of payloads) rows.set(row.id, row)
    },
    search: async () => ({ data: [...rows.values()] }),
    get: async (_org, id) => rows.get(id),
    forget: async () => 0,
    prune: async () => 0,
  }
  const detectors = builtInDetectors(detectorNames)
  const recorder = createPayloadRecorder({
    store,
    sealing,
    clock: { nowMs: () => 0, monotonicMs: () => 0 },
    settings: () => ({ retentionDays: 1, maxBytes: 1_000, maxEntryBytes: bounds.maxEntryBytes ?? 10_000 }),
    redactor: () => (text) => replaceFindings(text, findAll(text, detectors), ({ kind }) => `[${kind}]`),
    onError: (_cause, dropped) => errors.push(dropped),
    ...(bounds.maxQueued !== undefined && { maxQueued: bounds.maxQueued }),
  })
  t.after(() => recorder.close())
  const payloads = createPayloads({ store, sealing, flush: () => recorder.flush() })
  return { recorder, payloads, rows, errors, state }
}

test('what is kept is redacted, has no media and no proof of reasoning, and opens only in its place', async (t) => {
  const { recorder, payloads, rows } = open(t)
  recorder.record(head(1), content('write to ada@example.org with sk-abcdefghijklmnopqrstuv'))
  const found = await payloads.get('default', 'req_1')
  const sealed = Buffer.from(rows.get('req_1')!.sealed).toString()
  for (const secret of ['ada@example.org', 'sk-abc', 'aGk=', 'proof'])
    assert.ok(!sealed.includes(secret), secret)
  const [part] = found!.content!.request.turns[0]!.parts
  assert.deepEqual(part, { type: 'text', text: 'write to [email] with [credential]' })
  rows.set('req_1', { ...rows.get('req_1')!, atMs: 2 })
  assert.equal((await payloads.get('default', 'req_1'))!.content, undefined)
})

test('of a payload that is too large, only that is kept', async (t) => {
  const { recorder, payloads, rows } = open(t, { maxEntryBytes: 1_000 })
  recorder.record(head(1), content('x'.repeat(1_000)))
  const found = await payloads.get('default', 'req_1')
  assert.equal(found?.content, undefined)
  assert.deepEqual([rows.get('req_1')!.bytes, rows.get('req_1')!.sealed.length], [0, 0])
})

test('while the store fails payloads wait, the oldest beyond the bound are dropped and counted', async (t) => {
  const { recorder, payloads, rows, errors, state } = open(t, { maxQueued: 3 })
  state.isBroken = true
  for (const n of [1, 2, 3, 4, 5]) recorder.record(head(n), content('hello'))
  await recorder.flush()
  assert.deepEqual([rows.size, errors], [0, [2]])
  state.isBroken = false
  await payloads.list({ org: 'default', limit: 10 })
  assert.deepEqual([...rows.keys()], ['req_3', 'req_4', 'req_5'])
})

test('a payload that cannot be stored takes no other with it, and is counted', async (t) => {
  const { recorder, rows, errors, state } = open(t)
  state.unstorable = 'req_3'
  for (const n of [1, 2, 3, 4, 5]) recorder.record(head(n), content('hello'))
  for (let round = 0; round < 10; round++) await recorder.flush()
  assert.deepEqual([...rows.keys()].toSorted(), ['req_1', 'req_2', 'req_4', 'req_5'])
  assert.deepEqual(
    errors.filter((dropped) => dropped > 0),
    [1],
  )
})

test('payloads that come faster than they can be written are counted too', async (t) => {
  const { recorder, rows, errors, state } = open(t, { maxQueued: 2 })
  const { promise, resolve } = Promise.withResolvers<void>()
  state.busy = promise
  recorder.record(head(1), content('hello'))
  const flushed = recorder.flush()
  for (const n of [2, 3, 4]) recorder.record(head(n), content('hello'))
  resolve()
  await flushed
  assert.deepEqual([[...rows.keys()], errors], [['req_1', 'req_3', 'req_4'], [2]])
})

test('what is recorded: a no wins, the first line that fits decides, and where nothing is there is no choice', () => {
  const off = { record: 'off', routes: {}, keys: {} } as const
  assert.equal(compileChoice(off), undefined)
  assert.equal(compileChoice({ ...off, keys: { ci: 'off' } }), undefined)
  const wants = compileChoice({
    record: 'off',
    routes: { 'support-*': 'on', 'openai/*': 'off' },
    keys: { ci: 'off', 'team-secret': 'off', 'team-*': 'on' },
  })!
  for (const [key, route, expected] of [
    ['any', 'support-de', true],
    ['any', 'sales', false],
    ['ci', 'support-de', false],
    ['team-a', 'sales', true],
    ['team-secret', 'sales', false],
    ['team-a', 'openai/gpt', false],
  ] as const) {
    assert.equal(wants(key, route), expected, `${key} on ${route}`)
  }
  const all = compileChoice({ record: 'on', routes: { private: 'off' }, keys: {} })!
  assert.deepEqual([all('any', 'public'), all('any', 'private')], [true, false])
})
