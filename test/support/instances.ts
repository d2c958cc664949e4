/** Several gateways as processes of their own, over a PostgreSQL and a Redis of the test's own, with one simulator behind them. */

import { mkdirSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { type GatewayProcess, serveProcess } from './process.ts'
import { openPostgres, type TestPostgres } from './postgres.ts'
import { openRedis, type TestRedis } from './redis.ts'
import { adminToken, testKey } from './stack.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

export interface Instances {
  readonly gateways: readonly GatewayProcess[]
  readonly simulator: Simulator
  readonly postgres: TestPostgres
  readonly redis: TestRedis
  /** POSTs JSON to one of them, with the declared key unless another is given among the headers. */
  post(
    at: number,
    path: string,
    body: JsonObject,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>
  admin(at: number, path: string, method?: string, body?: JsonObject): Promise<JsonObject>
  /** The folder that one of them works in. */
  folderOf(at: number): string
  /** Ends one of them as a crash does, and starts it again with its data. */
  crash(at: number): Promise<void>
  /** Starts one that was killed again, on its own folder. */
  startAgain(at: number): Promise<void>
}

/** What is different about one of them. */
export interface Difference {
  readonly postgresUrl?: string
  readonly config?: JsonObject
}

/** `config` is merged over what each of them is configured with. */
export async function startInstances(
  t: TestContext,
  count: number,
  config: JsonObject | ((redis: TestRedis) => JsonObject) = {},
  differenceOf: (
    at: number,
    servers: Pick<Instances, 'postgres' | 'redis'>,
  ) => Promise<Difference> = async () => ({}),
): Promise<Instances | string> {
  const folder = createTemporaryFolder()
  const redis = await openRedis(t)
  if (typeof redis === 'string') return redis
  const postgres = await openPostgres(t)
  if (typeof postgres === 'string') return postgres
  const simulator = createSimulator({ receiptLimit: 100_000 })
  const { url: simulatorUrl } = await simulator.listen(0)
  t.after(() => simulator.close())
  const settings = {
    ...configOf(simulatorUrl),
    store: 'env:DATABASE_URL',
    shared: redis.url,
    ...(typeof config === 'function' ? config(redis) : config),
  }
  const env = {
    WEIR_TEST_KEY: testKey,
    WEIR_ADMIN_TOKEN: adminToken,
    WEIR_PEPPER: 'pepper-of-all-instances-0123456789',
    PROVIDER_KEY: 'provider-key-canary-0123456789',
  }
  const gateways: GatewayProcess[] = []
  const differences: Difference[] = []
  const folderOf = (at: number) => join(folder, `instance-${at}`)
  const startOne = async (at: number): Promise<void> => {
    const { postgresUrl = postgres.url, config: own } = differences[at]!
    const places = { ...env, DATABASE_URL: postgresUrl }
    gateways[at] = await serveProcess(t, folderOf(at), { ...settings, ...own }, places)
  }
  // One after another: at their start they are busy.
  for (let at = 0; at < count; at++) {
    mkdirSync(folderOf(at))
    differences[at] = await differenceOf(at, { postgres, redis })
    await startOne(at)
  }
  return {
    gateways,
    simulator,
    postgres,
    redis,
    startAgain: startOne,
    folderOf,
    post: (at, path, body, headers = {}) =>
      fetch(gateways[at]!.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json', ...headers },
        body: JSON.stringify(body),
      }),
    async admin(at, path, method = 'GET', body) {
      const response = await fetch(`${gateways[at]!.url}/admin/v1${path}`, {
        method,
        headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
        ...(body && { body: JSON.stringify(body) }),
      })
      return (await response.json()) as JsonObject
    },
    async crash(at) {
      gateways[at]!.child.kill('SIGKILL')
      await gateways[at]!.exited
      await startOne(at)
    },
  }
}

/** Registers the test; skipped with the reason where the servers cannot be started. */
export function testInstances(
  name: string,
  count: number,
  body: (instances: Instances, t: TestContext) => Promise<void>,
  config?: JsonObject,
): void {
  test(name, async (t) => {
    const instances = await startInstances(t, count, config)
    if (typeof instances === 'string') t.skip(instances)
    else await body(instances, t)
  })
}

/** Every line of the shared ledger, read from one of them. */
export async function sharedLines({ admin }: Instances, at = 0): Promise<JsonObject[]> {
  const lines: JsonObject[] = []
  for (let cursor: string | undefined = ''; cursor !== undefined;) {
    const page = await admin(at, `/ledger?limit=1000${cursor}`)
    lines.push(...asArray(page['data']).map((line) => asObject(line)!))
    const next = asString(page['next_cursor'])
    cursor = next === undefined ? undefined : `&cursor=${next}`
  }
  return lines
}

function configOf(simulatorUrl: string): JsonObject {
  return {
    admin: { token: 'env:WEIR_ADMIN_TOKEN' },
    access: { pepper: 'env:WEIR_PEPPER' },
    log: { level: 'warn' },
    keys: [{ name: 'test', secret: 'env:WEIR_TEST_KEY' }],
    models: { 'openai/*': { price: { input: 1, output: 4 } } },
    providers: {
      openai: {
        type: 'openai',
        apiKey: 'env:PROVIDER_KEY',
        baseUrl: `${simulatorUrl}/openai/v1`,
        allowPrivateNetwork: true,
      },
    },
  }
}
