import assert from 'node:assert/strict'
import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import type { Secret } from '../core/secret.ts'
import { loadConfig } from './load.ts'
import type { KnownProviders } from './providers.ts'
import type { Environment } from './secret-ref.ts'

const known: KnownProviders = {
  types: {
    openai: { env: ['OPENAI_API_KEY'], baseUrl: 'https://api.openai.com/v1' },
    cloud: {
      env: ['CLOUD_TOKEN'],
      baseUrl: 'https://{region}.cloud.example',
      signingEnv: {
        region: ['CLOUD_REGION', 'OTHER_REGION'],
        accessKeyId: ['CLOUD_ID'],
        secretAccessKey: ['CLOUD_SECRET'],
        sessionToken: ['CLOUD_SESSION'],
      },
    },
    sim: { env: [] },
  },
  builtIn: 'sim',
}
const env = {
  MY_ID: 'my-id',
  MY_SECRET: 'my-secret',
  CLOUD_ID: 'id',
  CLOUD_SECRET: 'secret',
  CLOUD_SESSION: 'session',
}
const own = 'accessKeyId: "env:MY_ID", secretAccessKey: "env:MY_SECRET"'

/** The settings by which requests are signed, of the one provider; or what was complained of. */
async function load(t: TestContext, yaml: string, environment: Environment): Promise<unknown> {
  const folder = createTemporaryFolder()
  writeFileSync(join(folder, 'weir.yaml'), yaml)
  const result = await loadConfig({ folder, env: environment, known })
  if (!result.ok) return result.faults.map(({ path, message }) => `${path}: ${message}`)
  const [provider] = Object.values(result.config.providers)
  const { apiKey, region, accessKeyId, secretAccessKey, sessionToken } = provider!
  const plain = (value: Secret | undefined) => value?.reveal()
  return [plain(apiKey), region, plain(accessKeyId), plain(secretAccessKey), plain(sessionToken)]
}

test('a session token that no header can carry refuses the start', async (t) => {
  const broken = { ...env, CLOUD_SESSION: 'two\nlines', CLOUD_REGION: 'here' }
  assert.deepEqual(await load(t, 'providers: { cloud: {} }', broken), [
    'providers.cloud.sessionToken: holds characters that no header can carry',
  ])
})

test('keys and regions come from the file, then from the environment, and never from both', async (t) => {
  const cloud = (settings = '') => `providers: { cloud: { ${settings} } }`
  const region = { CLOUD_REGION: 'here' }
  const rows: readonly [string, Environment, unknown][] = [
    [cloud(), { ...env, ...region }, [undefined, 'here', 'id', 'secret', 'session']],
    [cloud(), { ...env, OTHER_REGION: 'there' }, [undefined, 'there', 'id', 'secret', 'session']],
    [cloud('region: mine'), { ...env, ...region }, [undefined, 'mine', 'id', 'secret', 'session']],
    [cloud(own), { ...env, ...region }, [undefined, 'here', 'my-id', 'my-secret', undefined]],
    [
      cloud(own),
      { ...env, ...region, CLOUD_TOKEN: 'token' },
      [undefined, 'here', 'my-id', 'my-secret', undefined],
    ],
    [
      cloud(),
      { ...env, ...region, CLOUD_TOKEN: 'token' },
      ['token', 'here', undefined, undefined, undefined],
    ],
    ['', { ...env, ...region, CLOUD_TOKEN: 'token' }, ['token', 'here', undefined, undefined, undefined]],
    ['', { ...env, ...region }, [undefined, undefined, undefined, undefined, undefined]], // the built-in one
  ]
  for (const [yaml, environment, expected] of rows) {
    assert.deepEqual(await load(t, yaml, environment), expected, `${yaml} ${JSON.stringify(environment)}`)
  }
})

test('what a signature lacks, and what no signature needs, is told', async (t) => {
  const rows: readonly [string, readonly string[]][] = [
    ['cloud: { apiKey: "env:MY_ID" }', ['providers.cloud: no region']],
    ['cloud: { region: here }', ['providers.cloud: no key']],
    ['cloud: { region: here, accessKeyId: "env:MY_ID" }', ['providers.cloud: half of an access key']],
    ['cloud: { region: "over there", apiKey: "env:MY_ID" }', ['providers.cloud.region: not a region']],
    [`cloud: { baseUrl: "https://x.example", ${own} }`, ['providers.cloud: no region']],
    [
      'openai: { apiKey: "env:MY_ID", region: here }',
      ['providers.openai.region: not a setting of this type of provider'],
    ],
  ]
  for (const [yaml, expected] of rows) {
    const environment = { MY_ID: 'my-id', MY_SECRET: 'my-secret' }
    assert.deepEqual(await load(t, `providers: { ${yaml} }`, environment), expected, yaml)
  }
})
