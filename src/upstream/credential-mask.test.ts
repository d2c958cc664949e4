/** Masks over every split of an answer. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { CredentialMask } from './credential-mask.ts'

const secrets = ['sk-secret-of-a-provider', 'another-sécret']

test('however the bytes are split, no credential passes, and nothing else changes', () => {
  const piece = fc.oneof(
    fc.constantFrom(...secrets),
    fc.string({ maxLength: 6 }),
    fc.constantFrom('sk-', 'secr'),
  )
  fc.assert(
    fc.property(fc.array(piece, { maxLength: 8 }), fc.array(fc.nat(60), { maxLength: 8 }), (pieces, cuts) => {
      const bytes = Buffer.from(pieces.join(''))
      const mask = new CredentialMask(secrets)
      const passed: Buffer[] = []
      let from = 0
      for (const cut of cuts) {
        passed.push(mask.push(bytes.subarray(from, from + cut)))
        from += cut
      }
      passed.push(mask.push(bytes.subarray(from)), mask.end())
      const expected = secrets.reduce(
        (rest, secret) => rest.replaceAll(secret, '*'.repeat(Buffer.byteLength(secret))),
        bytes.toString(),
      )
      assert.equal(Buffer.concat(passed).toString(), expected)
    }),
  )
})

test('nothing is held back but what may be the beginning of one', () => {
  const begins = (text: string) =>
    secrets.some((secret) =>
      Array.from({ length: secret.length - 1 }, (_, n) => secret.slice(0, n + 1)).some((begun) =>
        text.endsWith(begun),
      ),
    )
  const piece = fc.oneof(
    fc.string({ maxLength: 6 }),
    fc.constantFrom('sk-secret', 'another-s', 'sk-sk-', 'a'),
  )
  fc.assert(
    fc.property(fc.array(fc.array(piece).map((pieces) => pieces.join(''))), (chunks) => {
      const mask = new CredentialMask(secrets)
      let given = ''
      let passed = ''
      for (const chunk of chunks) {
        given += chunk
        passed += mask.push(Buffer.from(chunk)).toString()
        assert.equal(passed === given, !begins(given))
        assert.ok(given.startsWith(passed))
      }
    }),
  )
})
