/** Tokens in place of keys: what is proven, what is refused, whose keys are trusted for how long, and what claims may do. */

import assert from 'node:assert/strict'
import { createHmac } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import type { JWTPayload } from 'jose'
import { openAccess } from '../../test/support/access.ts'
import { createIssuer, issuer as iss, audience, type Issuer } from '../../test/support/token-issuer.ts'
import { createGuessLimiter } from './guesses.ts'
import { createJwtJudge, type JudgeJwt, type JwtIssuer } from './jwt.ts'
import { createKeyring } from './keys.ts'

const settings: JwtIssuer = {
  name: 'corp',
  issuer: iss,
  audience: [audience],
  algorithms: ['RS256', 'ES256', 'EdDSA'],
  jwksUrl: 'https://login.example.com/jwks.json',
  claims: {
    user: 'sub',
    team: 'team',
    models: 'weir.models',
    tags: 'tags',
    rpm: 'rpm',
    maxUsdPerRequest: 'max_usd',
  },
  rules: { models: ['openai/*', 'assistant'], maxNanoUsdPerRequest: 500_000_000, clearances: ['pii'] },
}

interface Scene {
  readonly issuer: Issuer
  readonly judge: JudgeJwt
  readonly opened: Awaited<ReturnType<typeof openAccess>>
  /** Both clocks: ours, and that of the key sets. */
  advance(ms: number): void
}

async function openScene(t: TestContext, given: Partial<JwtIssuer> = {}): Promise<Scene> {
  const opened = await openAccess(t)
  const { clock, directory } = opened
  t.mock.timers.enable({ apis: ['Date'], now: clock.nowMs() })
  const issuer = await createIssuer(() => clock.nowMs())
  const judge = createJwtJudge({
    issuers: [{ ...settings, ...given }],
    fetchKeys: () => issuer.keys(),
    directory,
    clock,
  })
  const advance = (ms: number) => {
    clock.advance(ms)
    t.mock.timers.setTime(clock.nowMs())
  }
  return { issuer, judge, opened, advance }
}

const refused = { code: 'authentication_failed', message: 'The API key is missing or not valid.' }

test('a token of the issuer makes its caller known, by every algorithm that is allowed', async (t) => {
  const { issuer, judge, opened } = await openScene(t)
  for (const alg of ['ES256', 'EdDSA']) await issuer.addKey(alg, alg)
  for (const kid of ['first', 'ES256', 'EdDSA']) {
    const { principal, untilMs } = await judge(await issuer.sign(kid, {}))
    assert.deepEqual(principal.user, { id: 'corp:ada', name: 'ada' })
    assert.deepEqual(
      [principal.keyId, principal.keyName, principal.isFleeting],
      ['jwt:corp:ada', 'corp', true],
    )
    assert.ok(untilMs <= opened.clock.nowMs() + 60_000, 'it is judged again within a minute')
  }
  assert.equal(issuer.asked, 1)
})

test('whatever the issuer did not sign for us, now, is refused, and every time alike', async (t) => {
  const { issuer, judge, opened } = await openScene(t, { maxAgeSeconds: 300 })
  const other = await createIssuer(() => opened.clock.nowMs())
  await issuer.addKey('wide', 'ES512')
  const now = Math.floor(opened.clock.nowMs() / 1000)
  const right = await issuer.sign('first', {})
  const [head = '', body = '', signature = ''] = right.split('.')
  const encode = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const claims = { iss, aud: audience, sub: 'ada', iat: now, exp: now + 600 }
  const confused = `${encode({ alg: 'HS256', kid: 'first' })}.${encode(claims)}`
  const hmac = createHmac('sha256', issuer.pem).update(confused).digest('base64url')
  const wrong: Record<string, string | Promise<string>> = {
    'another issuer': issuer.sign('first', { iss: 'https://evil.example' }),
    "the issuer's name with a slash": issuer.sign('first', { iss: `${iss}/` }),
    'another audience': issuer.sign('first', { aud: 'somebody-else' }),
    'no audience': issuer.sign('first', { aud: [] }),
    'too old': issuer.sign('first', { exp: now - 31 }),
    'not yet': issuer.sign('first', { nbf: now + 60 }),
    'no end': issuer.sign('first', { exp: undefined } as unknown as JWTPayload),
    'issued long ago': issuer.sign('first', { iat: now - 400 }),
    'no user': issuer.sign('first', { sub: '' }),
    'a key of the same name, of somebody else': other.sign('first', {}),
    'no signature': `${encode({ alg: 'none' })}.${encode(claims)}.`,
    'the public key as a secret': `${confused}.${hmac}`,
    'other claims': `${head}.${encode({ ...claims, sub: 'root' })}.${signature}`,
    'a cut signature': right.slice(0, -4),
    'an algorithm of the issuer that is not allowed here': issuer.sign('wide', {}),
    'no JSON': `eyJ.${body}.${signature}`,
    'key that it brings itself': issuer.sign('first', {}, { kid: 'own', jku: 'https://evil.example/jwks' }),
  }
  await judge(right)
  for (const [what, token] of Object.entries(wrong)) {
    await assert.rejects(judge(await token), refused, what)
  }
})

test('a new key is taken up when it is first used, and a withdrawn one ends', async (t) => {
  const { issuer, judge, advance } = await openScene(t)
  await judge(await issuer.sign('first', {}))
  await issuer.addKey('second', 'ES256')
  advance(10_001)
  await judge(await issuer.sign('second', {}))
  assert.equal(issuer.asked, 2)
  await assert.rejects(judge(await issuer.sign('first', {}, { kid: 'guessed' })), refused)
  await assert.rejects(judge(await issuer.sign('first', {}, { kid: 'guessed' })), refused)
  assert.equal(issuer.asked, 2, 'whoever invents key ids does not make us ask each time')
  issuer.published.shift()
  advance(10 * 60_000)
  await assert.rejects(judge(await issuer.sign('first', {})), refused)
  await judge(await issuer.sign('second', {}))
})

test('without the issuer, known keys hold for a while, and what cannot be known is no 401', async (t) => {
  const { issuer, judge, advance } = await openScene(t)
  issuer.isOut = true
  await assert.rejects(judge(await issuer.sign('first', {})), { code: 'store_unavailable' })
  issuer.isOut = false
  await judge(await issuer.sign('first', {}))
  issuer.isOut = true
  advance(11 * 60_000)
  await judge(await issuer.sign('first', {}))
  await issuer.addKey('new', 'RS256')
  await assert.rejects(judge(await issuer.sign('new', {})), { code: 'store_unavailable' })
  advance(5 * 60_000)
  await assert.rejects(judge(await issuer.sign('first', {})), { code: 'store_unavailable' })
})

for (const page of ['<html>Sign in to the network</html>', '{"keys":"none"}', '{"keys":[1]}', '']) {
  test(`an answer that is no key set is an outage, not a word on any token: ${page}`, async (t) => {
    const { issuer, judge, advance } = await openScene(t)
    const keys = issuer.keys.bind(issuer)
    let asked = 0
    const lie = () => {
      asked++
      return Promise.resolve(page)
    }
    issuer.keys = lie
    await assert.rejects(judge(await issuer.sign('first', {})), { code: 'store_unavailable' })
    issuer.keys = keys
    await judge(await issuer.sign('first', {}))
    issuer.keys = lie
    asked = 0
    advance(11 * 60_000)
    await judge(await issuer.sign('first', {}))
    await judge(await issuer.sign('first', { sub: 'bob' }))
    assert.equal(asked, 1, 'an issuer that fails is not asked for each token')
    advance(10_000)
    await judge(await issuer.sign('first', {}))
    assert.equal(asked, 2)
  })
}

test('claims name the team and take from the rules; what asks for more, or cannot be read, is refused', async (t) => {
  const { issuer, judge, opened } = await openScene(t)
  const team = await opened.registrar.createTeam({
    org: 'default',
    name: 'search',
    markupBasisPoints: 0,
    metadata: {},
  })
  const claims = {
    team: 'search',
    weir: { models: 'openai/gpt-* assistant' },
    rpm: 60,
    max_usd: 0.25,
    tags: ['a'],
  }
  const { principal } = await judge(await issuer.sign('first', claims))
  assert.equal(principal.team?.id, team.id)
  assert.deepEqual(principal.limits, { rpm: 60 })
  assert.equal(principal.maxNanoUsdPerRequest, 250_000_000)
  assert.deepEqual(principal.tags, ['a'])
  assert.ok(principal.clearances?.has('pii'))
  const mayUse = (model: string) => principal.models!.some((pattern) => pattern.test(model))
  assert.deepEqual(['openai/gpt-9', 'openai/echo', 'assistant'].map(mayUse), [true, false, true])
  for (const [more, code] of [
    [{ team: 'nobody' }, 'permission_denied'],
    [{ weir: { models: ['claude/*'] } }, 'permission_denied'],
    [{ max_usd: 0.51 }, 'permission_denied'],
    [{ rpm: 'many' }, 'authentication_failed'],
    [{ weir: { models: [1] } }, 'authentication_failed'],
    [{ max_usd: -1 }, 'authentication_failed'],
  ] as const) {
    await assert.rejects(
      judge(await issuer.sign('first', more as JWTPayload)),
      { code },
      JSON.stringify(more),
    )
  }
})

test('keys never meet the judge, and tokens that begin alike are never taken for one another', async (t) => {
  const { issuer, judge, opened } = await openScene(t)
  const { directory, pepper, clock, registrar } = opened
  let judged = 0
  const keyring = createKeyring({
    declared: [],
    directory,
    pepper,
    clock,
    guesses: createGuessLimiter(clock),
    jwt(token) {
      judged++
      return judge(token)
    },
  })
  const from = (credential: string) => keyring.identify({ credential, clientAddress: '192.0.2.1' })
  const { text } = await registrar.createKey({ org: 'default', name: 'k', metadata: {}, rules: {} })
  assert.ok(!(from(text) instanceof Promise))
  for (const bad of [text.slice(0, -1), `weir_${'a'.repeat(61)}`, 'nothing', 'eyJ', 'a.b.c']) {
    assert.throws(() => from(bad), { code: 'authentication_failed' })
  }
  assert.equal(judged, 0)
  const users = Array.from({ length: 20 }, (_, n) => `user-${n}`)
  const tokens = await Promise.all(users.map((sub) => issuer.sign('first', { sub })))
  for (let round = 0; round < 2; round++) {
    const known = await Promise.all(tokens.map(async (token) => (await from(token)).user?.name))
    assert.deepEqual(known, users)
  }
  assert.equal(judged, tokens.length, 'the second time they are known')
})

test('an address that sends wrong tokens is told to wait', async (t) => {
  const { issuer, judge, opened } = await openScene(t)
  const { directory, pepper, clock } = opened
  const guesses = createGuessLimiter(clock)
  const keyring = createKeyring({ declared: [], directory, pepper, clock, guesses, jwt: judge })
  const wrong = await issuer.sign('first', { aud: 'x' })
  const identify = async (credential: string) => keyring.identify({ credential, clientAddress: '192.0.2.1' })
  for (let n = 0; n < 20; n++) await assert.rejects(identify(wrong), { code: 'authentication_failed' })
  await assert.rejects(identify(wrong), { code: 'rate_limited' })
  assert.equal((await identify(await issuer.sign('first', {}))).keyName, 'corp')
})
