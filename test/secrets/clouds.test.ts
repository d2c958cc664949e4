/** References to the secret services of AWS, Google and Azure, against servers that check signatures and tokens. */

import assert from 'node:assert/strict'
import { generateKeyPairSync } from 'node:crypto'
import { test, type TestContext } from 'node:test'
import { createSecrets } from '../../src/compose/secrets.ts'
import { parseSecretRef, SecretRef } from '../../src/config/secret-ref.ts'
import { systemClock } from '../../src/core/clock.ts'
import { Secret } from '../../src/core/secret.ts'
import { startAws, startAzure, startGoogle } from '../support/cloud-secrets.ts'

const noDatabase = { dataDir: '/nowhere', store: () => Promise.resolve('sqlite' as const) }

type Settings = Parameters<ReturnType<typeof createSecrets>['openReferences']>[0]

function reader(t: TestContext, settings: Omit<Settings, 'ttlSeconds'>) {
  const secrets = createSecrets(systemClock)
  t.after(() => secrets.close())
  const readRemote = secrets.openReferences({ ttlSeconds: 300, ...settings }, noDatabase)
  const read = async (text: string): Promise<string> => {
    const ref = parseSecretRef(text)
    if (!(ref instanceof SecretRef) || ref.source.kind !== 'remote')
      throw new Error(`no remote reference: ${text}`)
    const outcome = await readRemote(ref.source)
    return outcome instanceof Secret ? outcome.reveal() : `! ${outcome.message}`
  }
  return { secrets, read }
}

const awsKeys = { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY' }
const arn = 'arn:aws:secretsmanager:eu-west-1:123456789012:secret:prod/llm-AbCdEf'
const awsValues = {
  'prod/llm': '{"openai":"aws-value"}',
  plain: 'aws-plain-value',
  binary: 'aws-binary-value',
  '/prod/openai': 'ssm-value',
  [arn]: 'value-by-arn',
}

test('AWS: both services, with signatures that the official signer makes too', async (t) => {
  for (const sessionToken of [undefined, 'a-session-token']) {
    const { url, scopes } = await startAws(
      t,
      { ...awsKeys, ...(sessionToken && { sessionToken }) },
      awsValues,
    )
    const { read } = reader(t, {
      aws: {
        region: 'us-east-1',
        accessKeyId: new Secret(awsKeys.accessKeyId),
        secretAccessKey: new Secret(awsKeys.secretAccessKey),
        ...(sessionToken && { sessionToken: new Secret(sessionToken) }),
        endpoint: url,
        allowPrivateNetwork: true,
      },
    })
    assert.equal(await read('aws-sm:prod/llm#openai'), 'aws-value')
    assert.equal(await read('aws-sm:plain'), 'aws-plain-value')
    assert.equal(await read('aws-sm:binary'), 'aws-binary-value')
    assert.equal(await read('aws-ssm:/prod/openai'), 'ssm-value')
    assert.equal(await read(`aws-sm:${arn}`), 'value-by-arn')
    assert.deepEqual(
      [...new Set(scopes)],
      ['us-east-1/secretsmanager', 'us-east-1/ssm', 'eu-west-1/secretsmanager'],
    )
    assert.equal(
      await read('aws-sm:none'),
      '! AWS Secrets Manager answered 400 ResourceNotFoundException for none',
    )
    assert.equal(
      await read('aws-ssm:/none'),
      '! AWS Systems Manager answered 400 ParameterNotFound for /none',
    )
  }
})

test('AWS: a wrong secret is refused, and told without what the service wrote', async (t) => {
  const { url } = await startAws(t, awsKeys, awsValues)
  const { read } = reader(t, {
    aws: {
      region: 'us-east-1',
      accessKeyId: new Secret(awsKeys.accessKeyId),
      secretAccessKey: new Secret('another-secret'),
      endpoint: url,
      allowPrivateNetwork: true,
    },
  })
  assert.equal(
    await read('aws-sm:plain'),
    '! AWS Secrets Manager answered 400 InvalidSignatureException for plain',
  )
})

test('Google: a service account signs in; a token that was taken back is replaced; checksums are checked', async (t) => {
  const { privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const email = 'weir@p.iam.gserviceaccount.com'
  const google = await startGoogle(
    t,
    { email, key: privateKey },
    {
      'projects/p/secrets/openai/versions/latest': 'gcp-value',
      'projects/p/secrets/openai/versions/3': 'gcp-third',
      'projects/p/secrets/record/versions/latest': '{"key":"gcp-field"}',
    },
  )
  const account = (key: string) =>
    JSON.stringify({
      type: 'service_account',
      client_email: email,
      private_key: key,
      token_uri: `${google.url}/token`,
    })
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString()
  const settings = { endpoint: google.url, allowPrivateNetwork: true }
  const { read, secrets } = reader(t, { google: { ...settings, credentials: new Secret(account(pem)) } })
  assert.equal(await read('gcp-sm:projects/p/secrets/openai'), 'gcp-value')
  assert.equal(await read('gcp-sm:projects/p/secrets/openai/versions/3'), 'gcp-third')
  assert.equal(google.tokens.size, 1)
  google.tokens.clear()
  assert.equal(await read('gcp-sm:projects/p/secrets/record#key'), 'gcp-field')
  assert.match(await read('gcp-sm:projects/p/secrets/none'), /^! Google Secret Manager answered 404/)
  google.isCorrupting = true
  await secrets.tick()
  const other = reader(t, { google: { ...settings, credentials: new Secret(account(pem)) } })
  assert.match(await other.read('gcp-sm:projects/p/secrets/openai'), /wrong checksum$/)
  const { privateKey: stranger } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const strange = account(stranger.export({ type: 'pkcs8', format: 'pem' }).toString())
  const refused = reader(t, { google: { ...settings, credentials: new Secret(strange) } })
  assert.match(await refused.read('gcp-sm:projects/p/secrets/openai'), /^! /)
})

test('Azure: an application signs in and reads', async (t) => {
  const application = { tenantId: 'contoso', clientId: 'app', clientSecret: 'the-client-secret' }
  const version = '0123456789abcdef0123456789abcdef'
  const url = await startAzure(t, application, {
    openai: 'azure-value',
    [`openai/${version}`]: 'azure-older',
  })
  const settings = {
    tenantId: 'contoso',
    clientId: 'app',
    authority: url,
    endpoint: url,
    allowPrivateNetwork: true,
  }
  const { read } = reader(t, { azure: { ...settings, clientSecret: new Secret('the-client-secret') } })
  assert.equal(await read('azure-kv:my-vault/openai'), 'azure-value')
  assert.equal(await read(`azure-kv:my-vault/openai/${version}`), 'azure-older')
  assert.match(await read('azure-kv:my-vault/none'), /^! Azure Key Vault answered 404 for my-vault\/none/)
  const wrong = reader(t, { azure: { ...settings, clientSecret: new Secret('another') } })
  assert.equal(await wrong.read('azure-kv:my-vault/openai'), '! Azure answered 401 when signing in')
})

test('a reference to a service that is not configured is told with the section to add', async (t) => {
  const { read } = reader(t, {})
  assert.equal(await read('aws-sm:x'), '! a reference `aws-sm:`, and no such service is configured')
})

test('references that could leave their place are refused', () => {
  for (const text of [
    'vault:secret/data/../../sys/seal#x',
    'vault:secret/./data#x',
    'vault:secret/data/llm',
    'vault:secret/data/llm?list=true#x',
    'vault:https://evil/secret#x',
    'gcp-sm:projects/p/secrets/s/versions/1:destroy',
    'gcp-sm:projects/../x',
    'azure-kv:evil.com/openai',
    'azure-kv:vault/openai?x=1',
    'azure-kv:a@b/openai',
    'aws-sm:',
  ]) {
    assert.ok(!(parseSecretRef(text) instanceof SecretRef), text)
  }
})
