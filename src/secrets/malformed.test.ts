/** Answers that are none: a page of a proxy, answered with 200, says nothing of a secret, and what was known goes on. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../core/secret.ts'
import { createAwsKmsWrap } from './aws-kms.ts'
import { createParameterSource, createSecretsManagerSource } from './aws.ts'
import { createAzureSource } from './azure.ts'
import { SecretFailure } from './failure.ts'
import { createGoogleKmsWrap } from './google-kms.ts'
import { createGoogleSource } from './google.ts'
import type { SendRequest } from './port.ts'
import { createVaultSource } from './vault.ts'

const clock = { nowMs: () => 1_000, monotonicMs: () => 1_000 }
const close = () => Promise.resolve()
const fetchToken = () => Promise.resolve({ token: new Secret('token'), expiresAtMs: Infinity })

function answering(body: string): SendRequest {
  return () => Promise.resolve({ status: 200, body })
}

function sourcesOf(send: SendRequest) {
  const aws = { region: 'eu-central-1', send, sign: () => Promise.resolve({}), close }
  const bearer = { send, fetchToken, clock, close }
  return {
    vault: createVaultSource(
      { address: 'https://vault.example', token: new Secret('t') },
      { send, clock, close },
    ),
    'aws-sm': createSecretsManagerSource(aws),
    'aws-ssm': createParameterSource(aws),
    'gcp-sm': createGoogleSource(bearer),
    'azure-kv': createAzureSource(bearer),
    'aws-kms': { read: (name: string) => createAwsKmsWrap(name, aws).unwrap([], '') },
    'google-kms': { read: (name: string) => createGoogleKmsWrap(name, bearer).unwrap([], '') },
  }
}

for (const page of ['<html>Sign in to the network</html>', '', '[]', '"a text"', '{"data":']) {
  test(`an outage, and no word on the secret: ${page}`, async () => {
    for (const [scheme, source] of Object.entries(sourcesOf(answering(page)))) {
      const isOutage = (error: unknown) => error instanceof SecretFailure && error.kind === 'unavailable'
      await assert.rejects(source.read('vault/name'), isOutage, scheme)
    }
  })
}

test('a lease that has ended before it begins is none', async () => {
  for (const seconds of [-5, 0, '60', null]) {
    const answer = { lease_id: 'id', lease_duration: seconds, renewable: true, data: { key: 'value' } }
    const { vault } = sourcesOf(answering(JSON.stringify(answer)))
    const material = await vault.read('kv/llm')
    assert.deepEqual([material.lease, material.holdsMs], [undefined, undefined], String(seconds))
  }
})
