import assert from 'node:assert/strict'
import test from 'node:test'
import { GatewayError } from '../core/error.ts'
import type { Json } from '../core/json.ts'
import { decodeOpenAiError, encodeOpenAiError, openAiErrorOf } from './openai-error.ts'

const read = (status: number, body: Json) => decodeOpenAiError(status, JSON.stringify(body))

test('the words are found wherever a provider of this family puts them', () => {
  const shapes: Json[] = [
    { error: { message: 'Bad.', type: 'invalid_request_error', param: 'x', code: null } },
    { code: 'invalid-argument', error: 'Bad.' }, // xAI
    { object: 'error', message: 'Bad.', type: 'invalid_request_error' }, // Mistral
    { object: 'error', message: { detail: 'Bad.' } },
    { detail: 'Bad.' },
    { detail: [{ msg: 'Bad.', loc: ['body'] }] },
  ]
  for (const shape of shapes) {
    const error = read(400, shape)
    assert.deepEqual([error.code, error.message], ['upstream_rejected', 'Bad.'], JSON.stringify(shape))
  }
  assert.equal(read(400, shapes[0]!).param, 'x')
})

test('an answer without words is an error by its status', () => {
  assert.equal(decodeOpenAiError(502, '<html>').code, 'upstream_error')
  assert.equal(decodeOpenAiError(429, '').code, 'upstream_rate_limit')
  assert.equal(read(401, [1]).code, 'upstream_auth')
})

test('inside of a 200 the words stand for the status', () => {
  const codeOf = (body: Json) => openAiErrorOf(200, body).code
  assert.equal(codeOf({ error: { code: 429, message: 'slow down' } }), 'upstream_rate_limit') // OpenRouter
  assert.equal(codeOf({ type: 'error', code: 'server_is_overloaded', message: 'm' }), 'upstream_overloaded')
  assert.equal(codeOf({ error: { code: 'content_filter', message: 'm' } }), 'content_filtered')
  assert.equal(codeOf({ error: { type: 'insufficient_quota', message: 'm' } }), 'upstream_quota')
  assert.equal(codeOf({ code: 'context_length_exceeded', message: 'm' }), 'context_length_exceeded')
  assert.equal(codeOf({ error: { code: 'never-heard-of', message: 'm' } }), 'upstream_error')
})

test("an error is told with OpenAI's type and the gateway's code", () => {
  const error = new GatewayError('invalid_request', 'No model.', { param: 'model' })
  assert.deepEqual(encodeOpenAiError(error), {
    error: { message: 'No model.', type: 'invalid_request_error', param: 'model', code: 'invalid_request' },
  })
  const typeOf = (code: ConstructorParameters<typeof GatewayError>[0]) =>
    (encodeOpenAiError(new GatewayError(code, 'm')) as { error: { type: string } }).error.type
  assert.equal(typeOf('authentication_failed'), 'authentication_error')
  assert.equal(typeOf('model_not_allowed'), 'permission_error')
  assert.equal(typeOf('model_not_found'), 'not_found_error')
  assert.equal(typeOf('upstream_rate_limit'), 'rate_limit_error')
  assert.equal(typeOf('upstream_truncated'), 'server_error')
  assert.equal(typeOf('overloaded'), 'service_unavailable_error')
})
