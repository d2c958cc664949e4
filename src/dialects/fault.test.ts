import assert from 'node:assert/strict'
import test from 'node:test'
import fc from 'fast-check'
import { errorTable } from '../core/error.ts'
import { faultFromStatus } from './fault.ts'

test('each status and word maps to its code', () => {
  const cases: readonly [number, Parameters<typeof faultFromStatus>[1], string][] = [
    [400, { type: 'invalid_request_error', message: 'temperature: too high' }, 'upstream_rejected'],
    [400, { message: 'prompt is too long: 208310 tokens > 200000 maximum' }, 'context_length_exceeded'],
    [400, { message: 'The input token count (1250074) exceeds the maximum' }, 'context_length_exceeded'],
    [400, { message: 'Input Tokens Exceeded: Number of input tokens exceeds' }, 'context_length_exceeded'],
    [400, { code: 'context_length_exceeded' }, 'context_length_exceeded'],
    [400, { message: 'Your credit balance is too low to access the API.' }, 'upstream_quota'],
    [400, { code: 'API_KEY_INVALID', message: 'API key not valid.' }, 'upstream_auth'],
    [400, { code: 'content_filter' }, 'content_filtered'],
    [401, {}, 'upstream_auth'],
    [402, {}, 'upstream_quota'],
    [403, { type: 'permission_error' }, 'upstream_auth'],
    [404, { type: 'not_found_error', message: 'model: nothing' }, 'model_not_found'],
    [404, {}, 'upstream_rejected'],
    [408, {}, 'upstream_timeout'],
    [413, { type: 'request_too_large' }, 'upstream_rejected'],
    [429, { type: 'rate_limit_error' }, 'upstream_rate_limit'],
    [429, { message: 'You exceeded your current quota' }, 'upstream_rate_limit'],
    [429, { code: 'insufficient_quota' }, 'upstream_quota'],
    [429, { code: 'enforced_spend_limit_reached' }, 'upstream_quota'],
    [500, {}, 'upstream_error'],
    [500, { type: 'overloaded_error' }, 'upstream_overloaded'],
    [503, {}, 'upstream_overloaded'],
    [504, {}, 'upstream_timeout'],
    [529, {}, 'upstream_overloaded'],
    [302, {}, 'upstream_error'],
    [200, { message: 'strange' }, 'upstream_error'],
  ]
  for (const [status, words, code] of cases) {
    assert.equal(faultFromStatus(status, words).code, code, `${status} ${JSON.stringify(words)}`)
  }
})

test("a rejection keeps the provider's status, words and parameter", () => {
  const error = faultFromStatus(422, { message: 'No such field.', param: 'messages.0' })
  assert.equal(error.status, 422)
  assert.equal(error.message, 'No such field.')
  assert.equal(error.param, 'messages.0')
})

test("the provider's words never reach the caller where the caller is not to blame", () => {
  fc.assert(
    fc.property(fc.integer({ min: 100, max: 999 }), fc.string(), (status, text) => {
      const message = `canary ${text}`
      const error = faultFromStatus(status, { message })
      assert.ok(error.upstream?.message?.startsWith('canary'))
      if (errorTable[error.code].blame !== 'caller') assert.ok(!error.message.includes('canary'))
    }),
  )
})

test("at most 2 KiB of the provider's words are kept, and no character is split", () => {
  const { upstream } = faultFromStatus(400, { message: 'é'.repeat(5000) })
  assert.equal(upstream?.message, 'é'.repeat(1024))
})
