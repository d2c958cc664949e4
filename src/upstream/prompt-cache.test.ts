/** Where marks for a provider's prompt cache go, and where none do. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { GenRequest, Turn } from '../core/request.ts'
import { withCacheHints } from './prompt-cache.ts'

const long = 'x'.repeat(10_000)

function turn(role: Turn['role'], text: string): Turn {
  return { role, parts: [{ type: 'text', text }] }
}

function requestOf(turns: Turn[], more: Partial<GenRequest> = {}): GenRequest {
  return { model: 'm', stream: false, turns, ...more }
}

/** The places of the marks. */
function marks(request: GenRequest | undefined): string[] {
  const inTurns = (request?.turns ?? []).flatMap(({ parts }, at) =>
    parts.flatMap((part) => ('cache' in part ? [`turn ${at}`] : [])),
  )
  const inTools = (request?.tools ?? []).flatMap((tool, at) => ('cache' in tool ? [`tool ${at}`] : []))
  return [...inTools, ...inTurns]
}

test('a long system prompt is marked at its end, a short one is not', () => {
  assert.deepEqual(marks(withCacheHints(requestOf([turn('system', long), turn('user', 'Hi')]))), ['turn 0'])
  assert.equal(withCacheHints(requestOf([turn('system', 'Be kind.'), turn('user', 'Hi')])), undefined)
})

test('tools count, and carry the mark where there is no system prompt', () => {
  const tools = ['a', 'b'].map((name) => ({ type: 'function' as const, name, description: long }))
  assert.deepEqual(marks(withCacheHints(requestOf([turn('user', 'Hi')], { tools }))), ['tool 1'])
  const both = requestOf([turn('system', 'Be kind.'), turn('user', 'Hi')], { tools })
  assert.deepEqual(marks(withCacheHints(both)), ['turn 0'])
})

test('a conversation is marked at its end, a first question is not', () => {
  const first = [turn('system', long), turn('user', long)]
  assert.deepEqual(marks(withCacheHints(requestOf(first))), ['turn 0'])
  const later = [...first, turn('assistant', 'Yes.'), turn('user', 'And now?')]
  assert.deepEqual(marks(withCacheHints(requestOf(later))), ['turn 0', 'turn 3'])
})

test('whoever marks a prompt knows why', () => {
  const system: Turn = { role: 'system', parts: [{ type: 'text', text: long, cache: { ttl: '1h' } }] }
  assert.equal(withCacheHints(requestOf([system, turn('user', long)])), undefined)
  assert.equal(withCacheHints(requestOf([turn('system', long)], { cache: {} })), undefined)
})

test('nothing but marks is added', () => {
  const request = requestOf([
    turn('system', long),
    turn('user', 'a'),
    turn('assistant', 'b'),
    turn('user', 'c'),
  ])
  const plain = JSON.parse(JSON.stringify(withCacheHints(request)), (key, value: unknown) =>
    key === 'cache' ? undefined : value,
  ) as unknown
  assert.deepEqual(plain, request)
})
