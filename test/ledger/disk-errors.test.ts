/**
 * F63, F64: a disk that answers I/O errors. The kernel's answers are changed by strace, below everything that Weir and SQLite
 * do: calls that cost money get 503, nothing is dropped, and it goes on when the disk does.
 */

import assert from 'node:assert/strict'
import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { realpathSync } from 'node:fs'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import { createSimulator, type Simulator } from '../../src/simulator/simulator.ts'
import { type GatewayProcess, serveProcess } from '../support/process.ts'
import { adminToken, testKey } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'
import { until } from '../support/until.ts'

const writes = 'write,writev,pwrite64,pwritev'
const syncs = 'fsync,fdatasync'

for (const { what, file, calls, after } of [
  { what: 'the log', file: 'ledger.log', calls: writes, after: 'disk' },
  { what: "the tables' own log", file: 'ledger.db-wal', calls: writes, after: 'disk' },
] as const) {
  testDisk(
    `an I/O error of ${what} refuses calls, loses none, and is forgotten when the disk is well`,
    {},
    async (it) => {
      assert.equal((await it.ask()).status, 200)
      const stream = it.ask('openai/slow-20ms', true)
      await until('the stream to be sent', () => it.simulator.receipts().length === 2 || undefined)
      const heal = await it.breakDisk(file, calls)
      const refused = await until(
        'the first refusal',
        async () => {
          const answer = await it.ask()
          return answer.status === 200 ? undefined : answer
        },
        30_000,
      )
      assert.deepEqual([refused.status, refused.code], [503, 'ledger_unavailable'])
      // What was under way comes to its end: its settlement waits in memory.
      assert.match((await stream).text, /\[DONE\]/)
      assert.ok(Array.isArray((await it.admin('/usage?by=model'))['data']), 'reports are read meanwhile')
      await heal()
      await until('an answer', async () => ((await it.ask()).status === 200 ? true : undefined), 30_000)
      await it.prove(after)
    },
  )
}

testDisk(
  'after a failed sync nothing is taken until the next start, and nothing that was answered is lost',
  { durability: 'power' },
  async (it) => {
    assert.equal((await it.ask()).status, 200)
    const heal = await it.breakDisk('ledger.db-wal', syncs)
    const refused = await it.ask()
    assert.deepEqual([refused.status, refused.code], [503, 'ledger_unavailable'])
    await heal()
    assert.equal((await it.ask()).status, 503, 'what the kernel has forgotten does not come back')
    assert.equal(it.simulator.receipts().length, 1)
    await it.startAgain()
    assert.equal((await it.ask()).status, 200)
    await it.prove('start')
  },
)

interface Asked {
  readonly status: number
  readonly code: string | undefined
  readonly text: string
}

interface Disk {
  readonly simulator: Simulator
  ask(model?: string, stream?: boolean): Promise<Asked>
  admin(path: string): Promise<JsonObject>
  /** From now on these calls of the kernel for that file of the data folder fail. The function that comes back ends it. */
  breakDisk(file: string, calls: string): Promise<() => Promise<void>>
  startAgain(): Promise<void>
  /** Every call that the provider received has one line, and nothing else has one. */
  prove(after: 'disk' | 'start'): Promise<void>
}

function testDisk(name: string, ledger: JsonObject, body: (it: Disk) => Promise<void>): void {
  test(name, async (t) => {
    const reason = whyNoFaults()
    if (reason !== undefined) return t.skip(reason)
    await body(await startOnDisk(t, ledger))
  })
}

/** Attaches to a process, which containers may forbid. */
function whyNoFaults(): string | undefined {
  const { error, status } = spawnSync('strace', ['-o', '/dev/null', '-e', 'trace=none', 'true'])
  if (error) return 'strace is not installed'
  return status === 0 ? undefined : 'processes may not be traced here'
}

async function startOnDisk(t: TestContext, ledger: JsonObject): Promise<Disk> {
  const folder = realpathSync(createTemporaryFolder())
  const simulator = createSimulator({})
  const { url } = await simulator.listen(0)
  t.after(() => simulator.close())
  const env = {
    WEIR_TEST_KEY: testKey,
    WEIR_ADMIN_TOKEN: adminToken,
    PROVIDER_KEY: 'provider-key-canary-0123456789',
  }
  const config = {
    data: join(folder, 'data'),
    admin: { token: 'env:WEIR_ADMIN_TOKEN' },
    ledger,
    keys: [{ name: 'test', secret: 'env:WEIR_TEST_KEY' }],
    models: { 'openai/*': { price: { input: 1, output: 4 } } },
    budgets: [{ scope: 'organisation', usd: 1_000, period: 'total', cap: 'hard' }],
    providers: {
      openai: {
        type: 'openai',
        apiKey: 'env:PROVIDER_KEY',
        baseUrl: `${url}/openai/v1`,
        allowPrivateNetwork: true,
      },
    },
  }
  let gateway: GatewayProcess = await serveProcess(t, folder, config, env)
  const admin = async (path: string) => {
    const response = await fetch(`${gateway.url}/admin/v1${path}`, {
      headers: { authorization: `Bearer ${adminToken}` },
    })
    return (await response.json()) as JsonObject
  }
  return {
    simulator,
    admin,
    async ask(model = 'openai/echo', stream = false) {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' },
        body: JSON.stringify({
          model,
          stream,
          max_tokens: 100,
          messages: [{ role: 'user', content: 'of the river' }],
        }),
      })
      const text = await response.text()
      const error = response.ok ? undefined : asObject(asObject(JSON.parse(text) as JsonObject)?.['error'])
      return { status: response.status, code: asString(error?.['code']), text }
    },
    breakDisk: (file, calls) => breakCalls(t, gateway.child, join(folder, 'data', file), calls),
    async startAgain() {
      gateway.child.kill('SIGKILL')
      await gateway.exited
      gateway = await serveProcess(t, folder, config, env)
    },
    async prove(after) {
      const proof = await until('the settlements', async () => {
        const found = await admin('/ledger/verify')
        return found['open'] === 0 ? found : undefined
      })
      assert.deepEqual(proof['differences'], [])
      const lines = asArray((await admin('/ledger?limit=1000'))['data']).map((line) => asObject(line)!)
      // The intent of a call that was refused may have come to the disk all the same: then its line says so.
      const isRecovered = (line: JsonObject) => asArray(line['flags']).includes('recovered')
      const receipts = simulator.receipts().length
      assert.equal(lines.filter((line) => !isRecovered(line)).length, receipts)
      assert.ok(lines.filter(isRecovered).length <= (after === 'start' ? 1 : 0))
    },
  }
}

async function breakCalls(
  t: TestContext,
  { pid }: ChildProcess,
  path: string,
  calls: string,
): Promise<() => Promise<void>> {
  // -f: every thread. -P: only this file.
  const strace = spawn(
    'strace',
    ['-f', '-p', String(pid), '-P', path, '-e', `inject=${calls}:error=EIO`, '-o', '/dev/null'],
    {
      stdio: ['ignore', 'ignore', 'pipe'],
    },
  )
  const ended = once(strace, 'close')
  let notes = ''
  strace.stderr.on('data', (chunk: Buffer) => (notes += chunk.toString()))
  const heal = async (): Promise<void> => {
    strace.kill('SIGINT') // it lets go of the process
    await ended
  }
  t.after(heal)
  await until('strace', () => notes.includes('attached') || undefined)
  return heal
}
