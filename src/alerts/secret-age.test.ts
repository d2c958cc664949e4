/** Secrets past their age are told, once they are renewed or gone no more, and never by their value. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { Alert } from './alert.ts'
import type { MarkStore } from './port.ts'
import { type AgedSecret, firstSeen, judgeAges } from './secret-age.ts'

const dayMs = 86_400_000
const nowMs = 1_800_000_000_000
const limits = { 'key-age': 90, 'credential-age': 180 }

const secret = (subject: string, days: number, kind: AgedSecret['kind'] = 'key-age'): AgedSecret => ({
  org: 'default',
  kind,
  subject,
  name: `The API key "${subject}"`,
  sinceMs: nowMs - days * dayMs,
})

test('each kind has its own limit, and is told from the day on which it reaches it', () => {
  const secrets = [
    secret('young', 89.9),
    secret('old', 90),
    secret('stands', 179, 'credential-age'),
    secret('falls', 181, 'credential-age'),
  ]
  const { raised, resolved } = judgeAges(secrets, [], limits, nowMs)
  assert.deepEqual(
    raised.map(({ subject, detail }) => [subject, detail['days']]),
    [
      ['old', 90],
      ['falls', 181],
    ],
  )
  assert.deepEqual(resolved, [])
})

test('what was renewed or has gone is over; alerts of other kinds are not its business', () => {
  const open = ['old', 'renewed', 'gone'].map((subject) => ({ org: 'default', kind: 'key-age', subject }))
  const other = { org: 'default', kind: 'budget', subject: 'gone' }
  const secrets = [secret('old', 100), secret('renewed', 1)]
  const { raised, resolved } = judgeAges(secrets, [...open, other] as Alert[], limits, nowMs)
  assert.deepEqual(
    raised.map(({ subject }) => subject),
    ['old'],
  )
  assert.deepEqual(
    resolved.map(({ subject }) => subject),
    ['renewed', 'gone'],
  )
})

test('a credential is as old as the first look that saw it, and young again with another value', async () => {
  const kept = new Map<string, string>()
  const marks: MarkStore = {
    get: async (name) => kept.get(name),
    set: async (name, value) => void kept.set(name, value),
  }
  assert.equal(await firstSeen(marks, 'openai/key-1', 'sk-canary-1', nowMs), nowMs)
  assert.equal(await firstSeen(marks, 'openai/key-1', 'sk-canary-1', nowMs + dayMs), nowMs)
  assert.equal(await firstSeen(marks, 'openai/key-2', 'sk-canary-1', nowMs + dayMs), nowMs + dayMs)
  assert.equal(await firstSeen(marks, 'openai/key-1', 'sk-canary-2', nowMs + 2 * dayMs), nowMs + 2 * dayMs)
  assert.ok(![...kept].flat().some((text) => text.includes('canary')))
})
