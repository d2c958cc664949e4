/** Secrets are compared by one function, in constant time, and whoever guesses costs the same whatever is wrong. */

import assert from 'node:assert/strict'
import crypto, { randomBytes } from 'node:crypto'
import { readdirSync, readFileSync } from 'node:fs'
import { syncBuiltinESMExports } from 'node:module'
import { join, resolve } from 'node:path'
import { test } from 'node:test'
import { createBrowserKeys } from '../../src/access/browser-keys.ts'
import { generateKey } from '../../src/access/key-format.ts'
import { createPasswords } from '../../src/access/password.ts'
import { isSameSecret } from '../../src/access/same-secret.ts'
import { isAdminToken } from '../../src/access/sessions.ts'
import { Secret } from '../../src/core/secret.ts'
import { openAccess } from '../support/access.ts'

const root = resolve(import.meta.dirname, '../../src')
const sources = readdirSync(root, { recursive: true, encoding: 'utf8' })
  .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
  .map((file) => ({ file, lines: readFileSync(join(root, file), 'utf8').split('\n') }))

test('one file compares in constant time, and nothing else names the function', () => {
  const users = sources.filter(({ lines }) => lines.some((line) => line.includes('timingSafeEqual')))
  assert.deepEqual(
    users.map(({ file }) => file),
    ['access/same-secret.ts'],
  )
})

const secretWord = '(?:secret|token|password|signature|hmac|digest|pepper|credential|nonce|verifier|hash)'
/** A comparison of two things one of which is named like a secret; with a literal it is none. */
const comparison = new RegExp(
  `\\b\\w*${secretWord}[\\w.!()]* [!=]==? (?!undefined|null|true|false|['"\`\\d!-])|` +
    ` [!=]==? (?!!)[\\w.!]*${secretWord}\\w*\\b(?!\\()|\\.reveal\\(\\) [!=]==? |[!=]==? [\\w.!?[\\]]*\\.reveal\\(\\)|` +
    `${secretWord}\\w*\\.equals\\(|Buffer\\.compare\\(`,
  'i',
)

/** Where nobody presents anything: digests of suites, tokens of prompts, signatures of reasoning. */
const elsewhere = /^(?:dialects|simulator|judgement|evals|drift|ledger|storage)\//

/** Those that no stranger can measure, and why. */
const harmless: Readonly<Record<string, string>> = {
  'access/key-format.ts': 'the checksum of a key is no secret: it follows from the rest of it',
  'alerts/secret-age.ts': 'what a setting held before and what it holds now',
  'audit/chain.ts': 'hashes of the chain, which are public to whoever may ask',
  'batch/native/native-batches.ts': 'names of credentials',
  'compose/access.ts': 'two versions of the configuration',
  'compose/native-batches.ts': 'names of credentials',
  'core/signature.ts': 'the dialect of a signature of reasoning, not the signature',
  'http/head.ts': 'two credentials of the same request',
  'secrets/references.ts': 'what a vault gives now and what it gave before',
  'secrets/vault.ts': 'two of the sign-ins of the gateway itself to its vault',
  'upstream/without-credential.ts': 'the text of a provider before and after the credential is masked in it',
}

test('no comparison of a secret leaves early: those that are not in constant time compare nothing of a stranger', () => {
  const found = sources.flatMap(({ file, lines }) => {
    const isCode = (line: string) => !/^\s*(?:\/?\*|\/\/)/.test(line)
    const compares = lines.some((line) => isCode(line) && comparison.test(line))
    return compares && !elsewhere.test(file) ? [file] : []
  })
  assert.deepEqual(found.toSorted(), Object.keys(harmless).toSorted())
  for (const line of [
    'if (presented === secret) return',
    'if (token !== configured.reveal()) return',
    'if (key.secretHash == hashOf(x)) return',
    'return signature.equals(expected)',
  ]) {
    assert.match(line, comparison, 'the form finds what it is for')
  }
})

/** How often `work` hashes, and compares in constant time. */
function countWork(work: () => void): { hashes: number; comparisons: number } {
  const counted = { hashes: 0, comparisons: 0 }
  const { createHmac, timingSafeEqual } = crypto
  crypto.createHmac = (...parts) => {
    counted.hashes++
    return createHmac(...parts)
  }
  crypto.timingSafeEqual = (...parts) => {
    counted.comparisons++
    return timingSafeEqual(...parts)
  }
  syncBuiltinESMExports()
  try {
    work()
  } finally {
    Object.assign(crypto, { createHmac, timingSafeEqual })
    syncBuiltinESMExports()
  }
  return counted
}

test('an unknown id, a wrong secret, a revoked and an expired key cost the same work', async (t) => {
  const { keyring, registrar, clock } = await openAccess(t)
  const wish = { org: 'default', name: 'k', metadata: {}, rules: {} }
  const standing = await registrar.createKey(wish)
  const revoked = await registrar.createKey(wish)
  await registrar.revokeKey('default', revoked.key.id)
  const expired = await registrar.createKey({ ...wish, expiresAtMs: clock.nowMs() + 1 })
  clock.advance(1000)
  const guesses = {
    unknown: generateKey(randomBytes).text,
    wrong: generateKey(randomBytes, standing.key.id).text,
    revoked: revoked.text,
    expired: expired.text,
  }
  for (const [what, credential] of Object.entries(guesses)) {
    const work = countWork(() =>
      assert.throws(() => keyring.identify({ credential, clientAddress: undefined }), {
        code: 'authentication_failed',
      }),
    )
    assert.deepEqual(work, { hashes: 1, comparisons: 2 }, what)
  }
})

test('tokens, passwords and keys of browsers are compared there too', async () => {
  const token = new Secret('the-admin-token-of-some-length')
  for (const presented of ['', 'x', token.reveal().slice(0, -1), `${token.reveal()}x`]) {
    const work = countWork(() => assert.equal(isAdminToken(presented, token), false))
    assert.equal(work.comparisons, 1)
  }
  const passwords = createPasswords({ N: 1024, r: 8, p: 1 })
  const kept = await passwords.hash('a long enough password')
  assert.equal(await passwords.matches('another password', kept), false)
  assert.equal(await passwords.matches('a long enough password', kept), true)
  assert.equal(
    await passwords.matches('a long enough password', undefined),
    false,
    'there is no such account',
  )
  const principal = { org: 'default', keyId: 'k', keyName: 'k' }
  const secrets = ['a', 'b'].map((digit) => ({ hash: digit.repeat(64), untilMs: Infinity }))
  const parent = { principal, rules: {}, untilMs: Infinity, secrets }
  const keys = createBrowserKeys(Buffer.alloc(32))
  const { text } = keys.mint(parent, { models: ['m'], origins: ['https://a.example'], ttlSeconds: 60 }, 0)
  const forged = text.slice(0, -2) + (text.endsWith('AA') ? 'BA' : 'AA')
  const work = countWork(() =>
    assert.equal(
      keys.verify(forged, () => parent, 0),
      undefined,
    ),
  )
  assert.deepEqual(work, { hashes: 2, comparisons: 2 }, 'both secrets of the parent')
  assert.equal(isSameSecret(Buffer.from('ab'), Buffer.from('abc')), false)
})

const isFull = process.env['WEIR_PROVE'] === '1'
const samples = isFull ? 100_000 : 8_000

interface Spread {
  readonly mean: number
  /** Of the mean. */
  readonly variance: number
}

function spreadOf(times: readonly number[]): Spread {
  const mean = times.reduce((sum, time) => sum + time, 0) / times.length
  const squares = times.reduce((sum, time) => sum + (time - mean) ** 2, 0)
  return { mean, variance: squares / (times.length - 1) / times.length }
}

/** Welch's t of two lists of times, without the slowest tenth of both, which are the machine's. */
function welch(a: readonly number[], b: readonly number[]): number {
  const cut = [...a, ...b].toSorted((x, y) => x - y)[Math.floor((a.length + b.length) * 0.9)]!
  const [one, other] = [a, b].map((times) => spreadOf(times.filter((time) => time <= cut)))
  return (one!.mean - other!.mean) / Math.sqrt(one!.variance + other!.variance)
}

test('the clock does not tell an unknown id from a wrong secret, and would tell one that costs more', async (t) => {
  const { keyring, registrar } = await openAccess(t)
  const wish = { org: 'default', name: 'k', metadata: {}, rules: {} }
  const { key } = await registrar.createKey(wish)
  // Made beforehand and drawn by lot, so that neither kind is fresher in memory than the other.
  const guesses = Array.from({ length: 2_000 }, (_, at) => {
    const isUnknown = at % 2 === 0
    const { text } = isUnknown ? generateKey(randomBytes) : generateKey(randomBytes, key.id)
    return { isUnknown, credential: Buffer.from(text).toString() }
  })
  const measure = (refuse: (guess: (typeof guesses)[number]) => void): number => {
    const times: Record<'unknown' | 'wrong', number[]> = { unknown: [], wrong: [] }
    for (let n = 0; n < samples + 1_000; n++) {
      const guess = guesses[Math.floor(Math.random() * guesses.length)]!
      const from = process.hrtime.bigint()
      refuse(guess)
      const ns = Number(process.hrtime.bigint() - from)
      if (n >= 1_000) times[guess.isUnknown ? 'unknown' : 'wrong'].push(ns)
    }
    return welch(times.unknown, times.wrong)
  }
  const refuse = ({ credential }: { readonly credential: string }) => {
    try {
      keyring.identify({ credential, clientAddress: undefined })
    } catch {
      // that is what is timed
    }
  }
  // The bound is generous: others use this machine. What it has to tell lies far beyond it.
  const bound = 15
  const found = Array.from({ length: 3 }, () => Math.abs(measure(refuse)))
  assert.ok(Math.min(...found) < bound, `t = ${found.map((each) => each.toFixed(1)).join(', ')}`)
  const dear = measure((guess) => {
    if (!guess.isUnknown) refuse(guess)
    refuse(guess)
  })
  assert.ok(Math.abs(dear) > bound, `t = ${dear.toFixed(1)} of one that does twice the work for a known id`)
})
