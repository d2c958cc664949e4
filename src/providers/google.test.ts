/** The grant of a service account's key: what it asks for, and what it makes of answers. */

import assert from 'node:assert/strict'
import { generateKeyPairSync, verify } from 'node:crypto'
import { test } from 'node:test'
import { inspect } from 'node:util'
import { Secret } from '../core/secret.ts'
import { googleGrant } from './google.ts'

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }) as string
const account = {
  type: 'service_account',
  client_email: 'weir@project.iam.gserviceaccount.com',
  private_key_id: 'key-1',
  private_key: pem,
}
const nowMs = 1_800_000_000_500

function grantOf(value: unknown) {
  return googleGrant(new Secret(typeof value === 'string' ? value : JSON.stringify(value)))!
}

test('the assertion is signed by the key and says who asks for what, for an hour', () => {
  const { url, form } = grantOf(account).request(nowMs)
  assert.equal(url, 'https://oauth2.googleapis.com/token')
  const fields = new URLSearchParams(form)
  assert.equal(fields.get('grant_type'), 'urn:ietf:params:oauth:grant-type:jwt-bearer')
  const [header, claims, signature] = fields.get('assertion')!.split('.') as [string, string, string]
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, 'base64url').toString())
  assert.deepEqual(read(header), { alg: 'RS256', typ: 'JWT', kid: 'key-1' })
  assert.deepEqual(read(claims), {
    iss: account.client_email,
    scope: 'https://www.googleapis.com/auth/cloud-platform',
    aud: url,
    iat: 1_800_000_000,
    exp: 1_800_003_600,
  })
  const signed = Buffer.from(`${header}.${claims}`)
  assert.ok(verify('RSA-SHA256', signed, publicKey, Buffer.from(signature, 'base64url')))
})

test('what is no JSON is a token itself', () => {
  assert.equal(googleGrant(new Secret('ya29.token')), undefined)
})

test('JSON that is no key of a service account is told when it is used, without its text', () => {
  for (const value of ['{', {}, { ...account, private_key: 'canary' }, { ...account, client_email: 5 }]) {
    assert.throws(
      () => grantOf(value).request(nowMs),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'upstream_auth')
        assert.ok(!inspect(error, { depth: 9 }).includes('canary'))
        return true
      },
    )
  }
})

test('an answer without a token is told with the words of the server', () => {
  const { read } = grantOf(account)
  const token = read(200, '{"access_token":"t","expires_in":3599,"token_type":"Bearer"}', nowMs)
  assert.equal(token.token.reveal(), 't')
  assert.equal(token.expiresAtMs, nowMs + 3_599_000)
  for (const [status, body] of [
    [400, '{"error":"invalid_grant","error_description":"Invalid JWT"}'],
    [200, '{"access_token":"a\\nb","expires_in":3599}'],
    [200, '{"expires_in":3599}'],
    [500, '<html>'],
  ] as const) {
    assert.throws(() => read(status, body, nowMs), { code: 'upstream_auth' })
  }
})
