/** A real gateway and a real simulator on loopback, for one test, with a provider of every dialect between them. */

import assert from 'node:assert/strict'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { asObject, type JsonObject } from '../../src/core/json.ts'
import { type RunningGateway, start } from '../../src/main.ts'
import { createSimulator, type SimulatorOptions } from '../../src/simulator/simulator.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { findLeaks } from './leaks.ts'
import { assertNoTexts, dataFilesOf, metricsOf } from './leavings.ts'

export const testKey = 'test-key-of-16-characters'
export const adminToken = 'admin-token-of-16-characters'
/** What the gateway shows the simulator. */
const providerKey = 'provider-key-canary-0123456789'

export interface Stack {
  readonly gateway: RunningGateway
  readonly simulator: ReturnType<typeof createSimulator>
  readonly simulatorUrl: string
  /** The gateway's configuration: JSON, which is YAML. */
  readonly configFile: string
  /** The lines of the gateway's log so far. */
  readonly log: readonly string[]
  /** POSTs JSON with the test key. */
  post(path: string, body: unknown, headers?: Readonly<Record<string, string>>): Promise<Response>
  /** GETs with the admin token. */
  admin(path: string): Promise<JsonObject>
}

/** Names of the providers in a stack's configuration, by what they speak. */
export const stackProviders = ['openai', 'claude', 'google', 'deepseek', 'qwen', 'mistral'] as const

export interface StackOptions {
  /** Merged over the default configuration, section by section, and that of the server setting by setting; may depend on where the simulator listens. */
  readonly config?: JsonObject | ((simulatorUrl: string) => JsonObject)
  readonly timeout?: JsonObject
  readonly simulator?: SimulatorOptions
  /** Absent: a folder beside the configuration. */
  readonly dataDir?: string
  /** Beside the variables of every stack. */
  readonly env?: Readonly<Record<string, string>>
  /** What the test says and gives as names, tags or sessions too: those are kept where they can be read. */
  readonly names?: readonly string[]
}

/** What can be told to happen at the end: a test's context, or a whole file by `{ after }` of node:test. */
export interface Lifetime {
  after(end: () => Promise<void>): void
}

/** Starts both; the test's end stops them, and looks in what they leave for credentials and for what was said. */
export async function startStack(t: Lifetime, options: StackOptions = {}): Promise<Stack> {
  const simulator = createSimulator(options.simulator)
  const { url: simulatorUrl } = await simulator.listen(0)
  const folder = mkdtempSync(join(tmpdir(), 'weir-test-'))
  const file = join(folder, 'weir.yaml')
  const config = typeof options.config === 'function' ? options.config(simulatorUrl) : options.config
  const defaults = defaultConfig(simulatorUrl, options.timeout)
  // Settings of the server beside each other: none of them is about those of every stack.
  const server = { ...asObject(defaults['server']), ...asObject(config?.['server']) }
  writeFileSync(file, JSON.stringify({ ...defaults, ...config, server }))
  const log: string[] = []
  const dataDir = options.dataDir ?? join(folder, 'data')
  const gateway = await start({
    configPath: file,
    folder,
    env: {
      WEIR_TEST_KEY: testKey,
      WEIR_ADMIN_TOKEN: adminToken,
      PROVIDER_KEY: providerKey,
      ...options.env,
    },
    port: 0,
    dataDir,
    log: createLog({ level: 'debug', format: 'json', destination: { write: (line) => log.push(line) } }),
  }).catch(async (error: unknown) => {
    // Nothing else would, and the file would not end.
    await simulator.close()
    throw error
  })
  t.after(async () => {
    const metrics = await metricsOf(gateway.url)
    await gateway.stop(true)
    await simulator.close()
    const leaks = findLeaks({ log, dataDir }, [testKey, adminToken, providerKey])
    const leavings = [metrics, { place: 'log', text: log.join('\n') }, ...dataFilesOf(folder)]
    const configured = readFileSync(file, 'utf8')
    rmSync(folder, { recursive: true, force: true })
    assert.deepEqual(leaks, [], 'a credential was logged or written')
    assertNoTexts(leavings, [configured, ...(options.names ?? [])].join('\n'))
  })
  return {
    gateway,
    simulator,
    simulatorUrl,
    configFile: file,
    log,
    post: (path, body, headers) =>
      fetch(gateway.url + path, {
        method: 'POST',
        headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json', ...headers },
        body: typeof body === 'string' ? body : JSON.stringify(body),
      }),
    async admin(path) {
      const response = await fetch(`${gateway.url}/admin/v1${path}`, {
        headers: { authorization: `Bearer ${adminToken}` },
      })
      return (await response.json()) as JsonObject
    },
  }
}

function defaultConfig(simulatorUrl: string, timeout: JsonObject | undefined): JsonObject {
  const provider = (type: string, path: string): JsonObject => ({
    type,
    apiKey: 'env:PROVIDER_KEY',
    baseUrl: simulatorUrl + path,
    allowPrivateNetwork: true,
    ...(timeout && { timeout }),
  })
  return {
    admin: { token: 'env:WEIR_ADMIN_TOKEN' },
    server: {
      drain: { graceMs: 0, timeoutMs: 5000 },
      // The test, the simulator and what drives a browser share its process: a machine with much to do is no overload.
      overload: { loopLagMs: 60_000 },
    },
    keys: [{ name: 'test', secret: 'env:WEIR_TEST_KEY' }],
    providers: {
      openai: provider('openai', '/openai/v1'),
      claude: provider('anthropic', '/anthropic/v1'),
      google: provider('gemini', '/gemini/v1beta'),
      deepseek: provider('deepseek', '/deepseek/v1'),
      qwen: provider('qwen', '/qwen/v1'),
      mistral: provider('mistral', '/mistral/v1'),
    },
  }
}
