/** References to Vault, against a server that checks tokens, namespaces and leases as its API documents them. */

import assert from 'node:assert/strict'
import { generateKeyPairSync, sign } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { createSecrets } from '../../src/compose/secrets.ts'
import { parseSecretRef, SecretRef } from '../../src/config/secret-ref.ts'
import { Secret } from '../../src/core/secret.ts'
import { startVaultServer, type VaultOptions, type VaultServer } from '../support/vault-server.ts'

const noDatabase = { dataDir: '/nowhere', store: () => Promise.resolve('sqlite' as const) }
const root = 'root-token-of-the-vault'

interface Way {
  readonly token?: Secret
  readonly approle?: { readonly roleId: Secret; readonly secretId?: Secret; readonly mount: string }
  readonly kubernetes?: { readonly role: string; readonly jwt: Secret; readonly mount: string }
  readonly jwt?: { readonly role: string; readonly jwt: Secret; readonly mount: string }
  readonly namespace?: string
}

async function startVault(t: TestContext, way: Way, options: Partial<VaultOptions> = {}) {
  const time = { nowMs: 1_000_000 }
  const vault = await startVaultServer(t, { clock: time, ...options })
  const secrets = createSecrets({ nowMs: () => time.nowMs, monotonicMs: () => time.nowMs })
  t.after(() => secrets.close())
  const settings = { ttlSeconds: 300, vault: { address: vault.url, allowPrivateNetwork: true, ...way } }
  /** What a load of the configuration finds behind the reference: the value, or the complaint's text. */
  const read = async (...references: readonly string[]): Promise<readonly string[]> => {
    const readRemote = secrets.openReferences(settings, noDatabase)
    const found = await Promise.all(
      references.map(async (text) => {
        const ref = parseSecretRef(text)
        if (!(ref instanceof SecretRef) || ref.source.kind !== 'remote')
          throw new Error('not a remote reference')
        const outcome = await readRemote(ref.source)
        return outcome instanceof Secret ? outcome.reveal() : `! ${outcome.message}`
      }),
    )
    secrets.adopt()
    return found
  }
  return { vault, secrets, time, read }
}

function giveToken(vault: VaultServer, token: string, ttlSeconds?: number, nowMs = 1_000_000): void {
  vault.tokens.set(token, {
    endsAtMs: ttlSeconds === undefined ? Infinity : nowMs + ttlSeconds * 1000,
    ttlSeconds: ttlSeconds ?? 0,
    isRenewable: ttlSeconds !== undefined,
  })
}

test('both versions of KV are read, and of one secret several fields with one call', async (t) => {
  const { vault, read } = await startVault(t, { token: new Secret(root) })
  giveToken(vault, root)
  vault.secrets.set('kv/llm', { key: 'of-version-1' })
  vault.secrets.set('secret/data/llm', { openai: 'of-version-2', other: 7 })
  // A record of version 1 that looks like one of version 2 but has no version in its metadata.
  vault.secrets.set('kv/tricky', { data: 'plain', metadata: 'words' })
  assert.deepEqual(
    await read(
      'vault:kv/llm#key',
      'vault:secret/data/llm#openai',
      'vault:secret/data/llm#other',
      'vault:kv/tricky#data',
    ),
    ['of-version-1', 'of-version-2', '7', 'plain'],
  )
  assert.equal(vault.calls.filter((call) => call === 'GET secret/data/llm').length, 1)
})

test('what is not there, and what is forbidden, is told without a value', async (t) => {
  const { vault, read } = await startVault(t, { token: new Secret('wrong-token') })
  giveToken(vault, root)
  vault.secrets.set('kv/llm', { key: 'value-that-must-not-show' })
  assert.deepEqual(await read('vault:kv/llm#key'), ['! Vault answered 403 when reading kv/llm'])
  const open = await startVault(t, { token: new Secret(root) })
  giveToken(open.vault, root)
  open.vault.secrets.set('kv/llm', { key: 'value-that-must-not-show' })
  assert.deepEqual(await open.read('vault:kv/none#key', 'vault:kv/llm#nokey', 'vault:kv/llm#constructor'), [
    '! Vault answered 404 when reading kv/none',
    '! the secret has no such field',
    '! the secret has no such field',
  ])
})

test('each way to sign in: AppRole, Kubernetes and JWT, with a namespace', async (t) => {
  const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const unsigned = `${part({ alg: 'RS256' })}.${part({ sub: 'weir', exp: Math.floor(Date.now() / 1000) + 600 })}`
  const jwt = new Secret(
    `${unsigned}.${sign('sha256', Buffer.from(unsigned), privateKey).toString('base64url')}`,
  )
  const server = {
    namespace: 'team-a',
    approle: { roleId: 'the-role', secretId: 'the-secret-id' },
    jwtKey: publicKey,
  }
  const ways: readonly Way[] = [
    { approle: { roleId: new Secret('the-role'), secretId: new Secret('the-secret-id'), mount: 'approle' } },
    { kubernetes: { role: 'weir', jwt, mount: 'kubernetes' } },
    { jwt: { role: 'weir', jwt, mount: 'jwt' } },
  ]
  for (const way of ways) {
    const { vault, read } = await startVault(t, { ...way, namespace: 'team-a' }, server)
    vault.secrets.set('kv/llm', { key: 'found' })
    assert.deepEqual(await read('vault:kv/llm#key'), ['found'])
  }
  const forged = new Secret(`${unsigned}.${Buffer.from('forged').toString('base64url')}`)
  const { read } = await startVault(
    t,
    { jwt: { role: 'weir', jwt: forged, mount: 'jwt' }, namespace: 'team-a' },
    server,
  )
  assert.deepEqual(await read('vault:kv/llm#key'), ['! Vault answered 400 when signing in'])
})

test('a token is renewed before it ends; one that was taken back is replaced by a new sign-in', async (t) => {
  const approle = { roleId: 'r', secretId: 's' }
  const way = { approle: { roleId: new Secret('r'), secretId: new Secret('s'), mount: 'approle' } }
  const { vault, secrets, time, read } = await startVault(t, way, { approle, tokenTtlSeconds: 120 })
  vault.secrets.set('kv/llm', { key: 'first' })
  await read('vault:kv/llm#key')
  for (let step = 0; step < 40; step++) {
    time.nowMs += 15_000
    await secrets.tick()
  }
  const logins = () => vault.calls.filter((call) => call === 'POST auth/approle/login').length
  assert.equal(logins(), 1)
  assert.ok(vault.calls.filter((call) => call === 'POST auth/token/renew-self').length >= 4)
  vault.tokens.clear()
  vault.secrets.set('kv/llm', { key: 'second' })
  time.nowMs += 301_000
  assert.deepEqual(await read('vault:kv/llm#key'), ['second'])
  assert.equal(logins(), 2)
})

test('a static token that can be renewed is kept alive', async (t) => {
  const { vault, secrets, time, read } = await startVault(t, { token: new Secret(root) })
  giveToken(vault, root, 120)
  vault.secrets.set('kv/llm', { key: 'value' })
  await read('vault:kv/llm#key')
  for (let step = 0; step < 40; step++) {
    time.nowMs += 15_000
    await secrets.tick()
  }
  assert.deepEqual(await read('vault:kv/llm#key'), ['value'])
  assert.deepEqual(
    secrets.states().map(({ fault }) => fault),
    [undefined],
  )
})

test('a lease is renewed; near its longest life a new pair is made, and both halves are of one', async (t) => {
  const { vault, secrets, time, read } = await startVault(t, { token: new Secret(root) })
  giveToken(vault, root)
  const pair = () => read('vault:database/creds/llm#username', 'vault:database/creds/llm#password')
  assert.deepEqual(await pair(), ['u-1', 'p-1'])
  for (let step = 0; step < 2; step++) {
    time.nowMs += 41_000
    await secrets.tick()
    assert.deepEqual(await pair(), ['u-1', 'p-1'])
  }
  time.nowMs += 41_000
  await secrets.tick()
  assert.deepEqual(await pair(), ['u-2', 'p-2'])
  assert.equal(vault.leases.size, 2)
})

test('a leased secret is replaced before the token that it was made by ends for good', async (t) => {
  const approle = { roleId: 'r', secretId: 's' }
  const way = { approle: { roleId: new Secret('r'), secretId: new Secret('s'), mount: 'approle' } }
  const life = { tokenTtlSeconds: 120, tokenMaxSeconds: 300 }
  const { vault, secrets, time, read } = await startVault(t, way, { approle, ...life })
  const used = new Set<string>()
  for (let step = 0; step < 240; step++) {
    const [password = ''] = await read('vault:database/creds/long#password')
    const lease = [...vault.leases.values()][Number(password.slice('p-'.length)) - 1]!
    const untilMs = Math.min(lease.endsAtMs, vault.tokens.get(lease.token)!.endsAtMs)
    assert.ok(untilMs > time.nowMs, `${password} has ended at step ${step}`)
    used.add(password)
    time.nowMs += 5_000
    await secrets.tick()
  }
  const logins = vault.calls.filter((call) => call === 'POST auth/approle/login').length
  assert.ok(logins >= 4 && logins <= 6, `${logins} tokens in 20 minutes`)
  assert.ok(used.size <= 6, `${used.size} pairs in 20 minutes`)
})

test('what a policy forbids leaves no new token behind at each try', async (t) => {
  const approle = { roleId: 'r', secretId: 's' }
  const way = { approle: { roleId: new Secret('r'), secretId: new Secret('s'), mount: 'approle' } }
  const { vault, secrets, time, read } = await startVault(t, way, { approle })
  vault.forbidden.add('kv/llm')
  assert.deepEqual(await read('vault:kv/llm#key'), ['! Vault answered 403 when reading kv/llm'])
  for (let step = 0; step < 5; step++) {
    time.nowMs += 10_000
    await secrets.tick()
  }
  assert.equal(vault.calls.filter((call) => call === 'GET kv/llm').length, 6)
  assert.equal(vault.calls.filter((call) => call === 'POST auth/approle/login').length, 1)
})

for (const outage of ['sealed', 'gone', 'page'] as const) {
  test(`the last known value holds for an hour while the vault is ${outage}, and then no longer`, async (t) => {
    const { vault, secrets, time, read } = await startVault(t, { token: new Secret(root) })
    const stale: boolean[] = []
    secrets.start({
      log: { warn() {}, info() {}, error() {} },
      audit: { record: () => Promise.resolve(1) },
      reload() {},
      setReady: (isReady) => stale.push(!isReady),
    })
    giveToken(vault, root)
    vault.secrets.set('kv/llm', { key: 'last-known' })
    await read('vault:kv/llm#key')
    vault.state = outage
    time.nowMs += 3_599_000
    await secrets.tick()
    assert.deepEqual(await read('vault:kv/llm#key'), ['last-known'])
    assert.deepEqual(stale, [])
    time.nowMs += 20_000
    await secrets.tick()
    assert.deepEqual(stale, [true])
    assert.match(
      (await read('vault:kv/llm#key'))[0]!,
      /^! Vault (answered 503|cannot be reached|gave an answer that cannot be read)/,
    )
    vault.state = 'open'
    time.nowMs += 20_000
    await secrets.tick()
    assert.deepEqual(stale, [true, false])
    assert.deepEqual(await read('vault:kv/llm#key'), ['last-known'])
  })
}

test('a vault on a private address is not asked unless the configuration allows it', async (t) => {
  const time = { nowMs: 1 }
  const vault = await startVaultServer(t, { clock: time })
  const secrets = createSecrets({ nowMs: () => 1, monotonicMs: () => 1 })
  t.after(() => secrets.close())
  const closed = { address: vault.url, allowPrivateNetwork: false, token: new Secret(root) }
  const readRemote = secrets.openReferences({ ttlSeconds: 300, vault: closed }, noDatabase)
  const outcome = await readRemote({ kind: 'remote', scheme: 'vault', name: 'kv/llm', field: 'key' })
  assert.ok(!(outcome instanceof Secret))
  assert.match(outcome.message, /egress_blocked/)
  assert.deepEqual(vault.calls, [])
})
