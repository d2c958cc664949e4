/** Data keys under the key services of AWS, Google and Azure, against servers that check who asks and what a ciphertext is bound to. */

import assert from 'node:assert/strict'
import { generateKeyPairSync, randomBytes } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { openKeyWraps } from '../../src/compose/key-wraps.ts'
import { systemClock } from '../../src/core/clock.ts'
import { Secret } from '../../src/core/secret.ts'
import type { KeyWrap } from '../../src/secrets/key-wrap.ts'
import { startAwsKms, startAzureKeys, startGoogleKms } from '../support/cloud-keys.ts'

type Settings = Parameters<typeof openKeyWraps>[0]
type Stored = NonNullable<Settings['stored']>

const place = ['default', 'secret_data_keys', 'wrapped', 1]

function open(t: TestContext, stored: Partial<Stored>, services: Omit<Settings, 'ttlSeconds' | 'stored'>) {
  const keys = { previousKeys: [], previousServiceKeys: [], ...stored }
  const opened = openKeyWraps({ ttlSeconds: 300, ...services, stored: keys }, systemClock)!
  t.after(() => opened.close())
  return opened.wraps
}

/** What every key must do. `stranger`: the same key, asked by somebody else. */
async function checkWrap(wrap: KeyWrap, stranger: KeyWrap): Promise<string> {
  const plain = randomBytes(32)
  const wrapped = await wrap.wrap(place, plain)
  assert.deepEqual(Buffer.from(await wrap.unwrap(place, wrapped)), plain)
  assert.notEqual(await wrap.wrap(place, plain), wrapped, 'no two ciphertexts are alike')
  for (const raw of [plain.toString('base64'), plain.toString('hex')]) assert.ok(!wrapped.includes(raw))
  const elsewhere = ['other', 'secret_data_keys', 'wrapped', 1]
  await assert.rejects(wrap.unwrap(elsewhere, wrapped), { name: 'SecretFailure', kind: 'denied' })
  await assert.rejects(stranger.unwrap(place, wrapped), { name: 'SecretFailure', kind: 'denied' })
  await assert.rejects(stranger.wrap(place, plain), { name: 'SecretFailure', kind: 'denied' })
  return wrapped
}

test('AWS KMS: signed calls, and a ciphertext that opens only for its place', async (t) => {
  const identity = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
  const key = 'arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab'
  const { url, calls } = await startAwsKms(t, identity, key)
  const keyOf = (secretAccessKey: string, named = key) =>
    open(
      t,
      { awsKms: { key: named, endpoint: url } },
      {
        aws: {
          region: 'us-east-1',
          accessKeyId: new Secret(identity.accessKeyId),
          secretAccessKey: new Secret(secretAccessKey),
          allowPrivateNetwork: true,
        },
      },
    )[0]
  const wrap = keyOf(identity.secretAccessKey)
  await checkWrap(wrap, keyOf('another-secret'))
  assert.equal(wrap.id, `aws-kms:${key}`)
  assert.deepEqual(
    new Set(calls),
    new Set(['eu-west-1/kms TrentService.Encrypt', 'eu-west-1/kms TrentService.Decrypt']),
    'the region is that of the ARN',
  )
  await assert.rejects(keyOf(identity.secretAccessKey, 'alias/none').wrap(place, randomBytes(32)), {
    kind: 'absent',
  })
})

test('Google Cloud KMS: tokens are renewed, checksums are held to, and places too', async (t) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const { privateKey: another } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const email = 'weir@p.iam.gserviceaccount.com'
  const key = 'projects/p/locations/global/keyRings/r/cryptoKeys/k'
  const server = await startGoogleKms(t, { email, key: privateKey }, key)
  const keyOf = (own: typeof privateKey, named = key) =>
    open(
      t,
      { googleKms: { key: named, endpoint: server.url } },
      {
        google: {
          allowPrivateNetwork: true,
          credentials: new Secret(
            JSON.stringify({
              type: 'service_account',
              client_email: email,
              private_key: own.export({ type: 'pkcs8', format: 'pem' }),
              token_uri: `${server.url}/token`,
            }),
          ),
        },
      },
    )[0]
  const wrap = keyOf(privateKey)
  const plain = randomBytes(32)
  const wrapped = await wrap.wrap(place, plain)
  assert.deepEqual(Buffer.from(await wrap.unwrap(place, wrapped)), plain)
  assert.equal(server.tokens.size, 1)
  server.tokens.clear()
  assert.deepEqual(Buffer.from(await wrap.unwrap(place, wrapped)), plain, 'a token that was taken back')
  await assert.rejects(wrap.unwrap(['other', 'x', 'wrapped', 1], wrapped), { kind: 'denied' })
  await assert.rejects(keyOf(another).unwrap(place, wrapped))
  await assert.rejects(keyOf(privateKey, key.replace('/k', '/none')).wrap(place, plain), { kind: 'absent' })
  server.isCorrupting = true
  await assert.rejects(wrap.wrap(place, plain), /another checksum/)
  await assert.rejects(wrap.unwrap(place, wrapped), /another checksum/)
})

test('Azure Key Vault: an RSA key that was rotated there still unwraps', async (t) => {
  const application = { tenantId: 'contoso', clientId: 'app', clientSecret: 'the-client-secret' }
  const server = await startAzureKeys(t, application, 'weir')
  const keyOf = (clientSecret: string, name = 'weir') =>
    open(
      t,
      { azureKey: { vault: 'my-vault', key: name, endpoint: server.url } },
      {
        azure: {
          tenantId: 'contoso',
          clientId: 'app',
          clientSecret: new Secret(clientSecret),
          authority: server.url,
          allowPrivateNetwork: true,
        },
      },
    )[0]
  const wrap = keyOf('the-client-secret')
  const plain = randomBytes(32)
  const older = await wrap.wrap(place, plain)
  server.rotate()
  const newer = await wrap.wrap(place, plain)
  assert.notEqual(JSON.parse(older).version, JSON.parse(newer).version)
  assert.deepEqual(Buffer.from(await wrap.unwrap(place, older)), plain)
  assert.deepEqual(Buffer.from(await wrap.unwrap(place, newer)), plain)
  await assert.rejects(wrap.unwrap(['other', 'x', 'wrapped', 1], newer), { kind: 'denied' })
  const mixed = JSON.stringify({ ...JSON.parse(newer), sealed: JSON.parse(older).sealed })
  await assert.rejects(wrap.unwrap(place, mixed), { kind: 'denied' })
  await assert.rejects(wrap.unwrap(place, 'not what it wrote'), { kind: 'denied' })
  await assert.rejects(keyOf('another').unwrap(place, newer), { kind: 'denied' })
  await assert.rejects(keyOf('the-client-secret', 'none').wrap(place, plain), { kind: 'absent' })
  assert.deepEqual(new Set(server.calls), new Set(['get', 'wrapkey', 'unwrapkey']))
})

test('a key service on a private address is not asked unless the configuration allows it', async (t) => {
  const { url, calls } = await startAwsKms(t, { accessKeyId: 'A', secretAccessKey: 'B' }, 'k')
  const aws = {
    region: 'us-east-1',
    accessKeyId: new Secret('A'),
    secretAccessKey: new Secret('B'),
    allowPrivateNetwork: false,
  }
  const [wrap] = open(t, { awsKms: { key: 'k', endpoint: url } }, { aws })
  await assert.rejects(wrap.wrap(place, randomBytes(32)), /egress_blocked/)
  assert.deepEqual(calls, [])
})

test('the key in force is the first, whichever kind it is; those before it unwrap', async (t) => {
  const { url } = await startAwsKms(t, { accessKeyId: 'A', secretAccessKey: 'B' }, 'k')
  const aws = {
    region: 'us-east-1',
    accessKeyId: new Secret('A'),
    secretAccessKey: new Secret('B'),
    allowPrivateNetwork: true,
  }
  const awsKms = { key: 'k', endpoint: url }
  const local = new Secret('a-key-of-thirty-two-characters-or-more')
  const idsOf = (stored: Partial<Stored>) => open(t, stored, { aws }).map(({ id }) => id.split(':')[0])
  assert.deepEqual(idsOf({ awsKms, previousKeys: [local] }), ['aws-kms', 'local'])
  assert.deepEqual(idsOf({ key: local, previousServiceKeys: [{ awsKms }] }), ['local', 'aws-kms'])
})
