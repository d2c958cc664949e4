import assert from 'node:assert/strict'
import test from 'node:test'
import { readRecorded, recordedEntries } from '../../test/support/recorded.ts'
import type { DialectId } from '../core/event.ts'
import { asObject, type Json, type JsonObject } from '../core/json.ts'
import { decodeTokenCount, encodeTokenCount, toCountRequest, unwrapCountRequest } from './count-tokens.ts'
import { gemini } from './gemini/dialect.ts'

const recorded: readonly [DialectId, string][] = [
  ['gemini', 'gemini-count-tokens'],
  ['anthropic-messages', 'anthropic-count-tokens'],
]
const entries = recorded.flatMap(([dialect, wire]) =>
  recordedEntries(wire).map((entry) => ({ ...readRecorded(entry), dialect })),
)
const skip = entries.length === 0 ? 'the recorded exchanges are not in this checkout' : false

test('every recorded count is read, and an error holds none', { skip }, () => {
  for (const { dialect, response, file } of entries) {
    const body = response.body as JsonObject
    const count = decodeTokenCount(dialect, body)
    assert.equal(
      count,
      response.status === 200 ? (body['totalTokens'] ?? body['input_tokens']) : undefined,
      file,
    )
  }
  assert.equal(entries.length, 13)
})

test("Gemini's recorded count requests decode as requests do, wrapped and bare", { skip }, () => {
  for (const { dialect, request, file } of entries) {
    if (dialect !== 'gemini' || !request) continue
    const body = unwrapCountRequest(dialect, request.body ?? null)
    const decoded = gemini.request.decode(body, { model: 'm' })
    assert.ok(
      decoded.turns.some((turn) => turn.role === 'user'),
      file,
    )
    const { body: encoded } = gemini.request.encode(decoded, { model: 'm' })
    const counting = asObject(toCountRequest('gemini', encoded, 'm')['generateContentRequest'])
    assert.equal(counting?.['model'], 'models/m')
    assert.deepEqual(counting?.['contents'], encoded['contents'])
  }
})

test('what is encoded is decoded, in every dialect', () => {
  for (const dialect of ['gemini', 'anthropic-messages', 'openai-responses', 'openai-chat'] as const) {
    assert.equal(decodeTokenCount(dialect, encodeTokenCount(dialect, 123)), 123)
    for (const broken of [null, [], 'x', {}, { input_tokens: -1, totalTokens: 1.5 }] satisfies Json[]) {
      assert.equal(decodeTokenCount(dialect, broken), undefined)
    }
  }
})

test('options of a generation are left out of a count', () => {
  const body = { model: 'm', max_tokens: 5, stream: true, temperature: 1, messages: [], system: 'S' }
  assert.deepEqual(toCountRequest('anthropic-messages', body, 'm'), { model: 'm', messages: [], system: 'S' })
  const responses = { model: 'm', input: 'Hi', stream: true, store: false, max_output_tokens: 5, tools: [] }
  assert.deepEqual(toCountRequest('openai-responses', responses, 'm'), { model: 'm', input: 'Hi', tools: [] })
})
