/**
 * `node bench/batch.ts`: what a batch costs the traffic beside it, how fast each queue moves lines, and what a large
 * file takes in memory. `--quick`, `--full`, `--write`, `--only interactive|speed|memory`. For Redis and RabbitMQ:
 * `node scripts/services.ts -- node bench/batch.ts`.
 */

import { createReadStream, createWriteStream, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { once } from 'node:events'
import { availableParallelism, tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { finished } from 'node:stream/promises'
import { setTimeout as delay } from 'node:timers/promises'
import { parseArgs } from 'node:util'
import { asObject, asString, type JsonObject } from '../src/core/json.ts'
import { quantile, runLoad } from './load.ts'
import { checkMachine, type Measured, pinSelf, startProcess } from './process.ts'
import { settingLine, settingOf, table, writePage } from './report.ts'
import type { Request } from './requests.ts'

const scales = {
  quick: { rounds: 1, roundMs: 4_000, lines: 4_000, fileLines: 50_000 },
  normal: { rounds: 3, roundMs: 10_000, lines: 20_000, fileLines: 200_000 },
  full: { rounds: 5, roundMs: 20_000, lines: 50_000, fileLines: 200_000 },
} as const

const { values } = parseArgs({
  options: {
    quick: { type: 'boolean', default: false },
    full: { type: 'boolean', default: false },
    write: { type: 'boolean', default: false },
    only: { type: 'string', multiple: true, default: ['interactive', 'speed', 'memory'] },
  },
})
const scaleName = values.full ? 'full' : values.quick ? 'quick' : 'normal'
const scale = scales[scaleName]
const key = 'bench-key-0123456789'
const targets = { interactive: 1.2, linesPerSecond: 2_000, addedMiB: 100 }
/** What a provider takes to answer, and how many callers wait for it. */
const latencyMs = 300
const callers = 20
const lineBytes = 1_000
const weir = resolve(import.meta.dirname, '../bin/weir')

const setting = settingOf(scaleName)
const cores = availableParallelism()
checkMachine(cores)
const measuredCore = cores - 1
pinSelf(0)
const folder = mkdtempSync(join(tmpdir(), 'weir-bench-batch-'))
const running: Measured[] = []
const rows: string[][] = []
const row = (name: string, figure: string, target: string, isMet: boolean): void => {
  rows.push([name, figure, target, isMet ? 'met' : 'missed'])
  console.log([name.padEnd(70), figure.padStart(24), target.padStart(12), isMet ? 'met' : 'missed'].join(' '))
}

try {
  const simulator = await start('simulator', ['simulate', '--port', '0'], 0, /^simulator on (\S+)$/m)
  if (values.only.includes('interactive')) await interactive(simulator.url)
  if (values.only.includes('speed')) await speed(simulator.url)
  if (values.only.includes('memory')) await memory(simulator.url)
} finally {
  await Promise.all(running.map((process) => process.stop()))
  rmSync(folder, { recursive: true, force: true })
}
if (values.write) {
  const text = table(['', 'measured', 'target', ''], ['---', '---:', '---:', '---'], rows)
  writePage('node bench/batch.ts --write', `${settingLine(setting)}\n\n${text}`)
}

/** Callers that wait for their answers, alone and beside a batch that takes all it can get. */
async function interactive(simulatorUrl: string): Promise<void> {
  const gateway = await startGateway('interactive', simulatorUrl, {})
  const model = `up/fault/ttft-${latencyMs}ms`
  const load = (durationMs: number) =>
    runLoad({
      url: `${gateway.url}/v1`,
      key,
      request: requestOf(model),
      callers,
      durationMs,
      pauseMs: 50,
      headers: { 'x-weir-priority': 'interactive' },
    })
  await load(scale.roundMs / 2)
  const rounds: { readonly alone: number; readonly beside: number }[] = []
  for (let round = 0; round < scale.rounds; round++) {
    const alone = quantile((await load(scale.roundMs)).latenciesMs, 0.99)
    const batch = await submit(gateway, await fileOf('interactive', 40_000, model))
    await until(gateway, batch, (done) => done > 64)
    rounds.push({ alone, beside: quantile((await load(scale.roundMs)).latenciesMs, 0.99) })
    await post(gateway, `/v1/batches/${batch}/cancel`, {})
    await ended(gateway, batch)
  }
  await gateway.stop()
  const ratioOf = ({ alone, beside }: (typeof rounds)[number]) => beside / alone
  // Of an even number, the worse of the two in the middle.
  const median = rounds.toSorted((a, b) => ratioOf(a) - ratioOf(b))[Math.floor(rounds.length / 2)]!
  const worst = Math.max(...rounds.map(ratioOf))
  const figure =
    `${ratioOf(median).toFixed(2)}x (${median.beside.toFixed(0)} / ${median.alone.toFixed(0)} ms), ` +
    `at worst ${worst.toFixed(2)}x`
  const name = `p99 of ${callers} callers at ${latencyMs} ms, beside a batch of 64 at once / alone, median of ${rounds.length}`
  row(name, figure, `≤ ${targets.interactive}x`, ratioOf(median) <= targets.interactive)
}

function requestOf(model: string): Request {
  return {
    body: JSON.stringify({ model, messages: [{ role: 'user', content: 'Are you there?' }] }),
    check(answer) {
      if (!answer.includes('Are you there?')) throw new Error(`no answer: ${answer.slice(0, 200)}`)
      return 1
    },
  }
}

/** Lines a second through the whole gateway, with a provider that answers at once. */
async function speed(simulatorUrl: string): Promise<void> {
  const queues: readonly [name: string, url: string | undefined][] = [
    ['store', 'store'],
    ['Redis', process.env['WEIR_REDIS']],
    ['RabbitMQ', process.env['WEIR_RABBITMQ']],
  ]
  for (const [name, url] of queues) {
    if (url === undefined) {
      console.log(`left out: ${name}: start this by \`node scripts/services.ts -- node bench/batch.ts\``)
      continue
    }
    const gateway = await startGateway(name, simulatorUrl, { queue: url })
    await ended(gateway, await submit(gateway, await fileOf('warm', 3_000, 'up/words-20')))
    const input = await fileOf('speed', scale.lines, 'up/words-20')
    const cpuBefore = gateway.cpuMicros()
    const batch = await submit(gateway, input)
    const [first, last] = [Math.floor(scale.lines * 0.05), Math.floor(scale.lines * 0.95)]
    const from = await until(gateway, batch, (done) => done >= first)
    const to = await until(gateway, batch, (done) => done >= last)
    await ended(gateway, batch)
    const perSecond = (to.done - from.done) / ((to.atMs - from.atMs) / 1000)
    const cpu = (gateway.cpuMicros() - cpuBefore) / scale.lines
    await gateway.stop()
    const figure = `${perSecond.toFixed(0)}/s (${cpu.toFixed(0)} µs of CPU each)`
    const target = `≥ ${targets.linesPerSecond}/s`
    row(`Lines through one instance, queue: ${name}`, figure, target, perSecond >= targets.linesPerSecond)
  }
}

/** A large file, from the first byte of its upload until its first lines are done. */
async function memory(simulatorUrl: string): Promise<void> {
  const gateway = await startGateway('memory', simulatorUrl, { batches: { concurrency: 1 } })
  await ended(gateway, await submit(gateway, await fileOf('warm', 3_000, 'up/words-20')))
  await delay(1_000)
  const before = gateway.memory().residentMiB
  const input = await fileOf('large', scale.fileLines, 'up/echo', lineBytes)
  const startedMs = performance.now()
  const batch = await submit(gateway, input)
  await until(gateway, batch, (done) => done >= 3)
  const seconds = (performance.now() - startedMs) / 1000
  const added = gateway.memory().peakMiB - before
  await gateway.stop()
  const megabytes = Math.round((scale.fileLines * lineBytes) / 1e6)
  const name = `Added memory, ${megabytes} MB in ${scale.fileLines.toLocaleString('en')} lines, from upload to first results`
  const figure = `${added.toFixed(0)} MiB (${seconds.toFixed(0)} s)`
  row(name, figure, `< ${targets.addedMiB} MiB`, added < targets.addedMiB)
}

// -- the gateway and its batches

async function start(
  name: string,
  args: readonly string[],
  core: number,
  address: RegExp,
): Promise<Measured> {
  const measured = await startProcess({ name, command: weir, args, core, folder, address })
  running.push(measured)
  return measured
}

function startGateway(name: string, simulatorUrl: string, more: JsonObject): Promise<Measured> {
  const config = join(folder, `${name}.yaml`)
  const provider = { type: 'openai', baseUrl: `${simulatorUrl}/openai/v1`, apiKey: 'bench-provider-key' }
  const document = {
    allowPlaintextSecrets: true,
    log: { level: 'warn' },
    providers: { up: { ...provider, allowPrivateNetwork: true } },
    keys: [{ name: 'bench', secret: key }],
    ...more,
  }
  writeFileSync(config, JSON.stringify(document))
  const data = join(folder, `data-${name}`)
  const args = ['serve', '--config', config, '--port', '0', '--data', data]
  return start(name, args, measuredCore, /^Weir listens on (\S+)$/m)
}

/** A file of requests on the disk; each is filled up to so many bytes. */
async function fileOf(name: string, lines: number, model: string, bytes = 0): Promise<string> {
  const path = join(folder, `${name}.jsonl`)
  const file = createWriteStream(path)
  for (let n = 0; n < lines; n++) {
    const line = (content: string) =>
      JSON.stringify({
        custom_id: `line-${n}`,
        method: 'POST',
        url: '/v1/chat/completions',
        body: { model, messages: [{ role: 'user', content }] },
      })
    const short = line('')
    const text = line('x'.repeat(Math.max(10, bytes - short.length - 1)))
    if (!file.write(`${text}\n`)) await once(file, 'drain')
  }
  file.end()
  await finished(file)
  return path
}

/** Uploads the file as it is read, and makes a batch of it. Gives its id. */
async function submit(gateway: Measured, path: string): Promise<string> {
  const boundary = 'weir-bench'
  const head =
    `--${boundary}\r\ncontent-disposition: form-data; name="purpose"\r\n\r\nbatch\r\n` +
    `--${boundary}\r\ncontent-disposition: form-data; name="file"; filename="in.jsonl"\r\n\r\n`
  const form = async function* () {
    yield Buffer.from(head)
    yield* createReadStream(path) as AsyncIterable<Buffer>
    yield Buffer.from(`\r\n--${boundary}--\r\n`)
  }
  const file = await request(gateway, '/v1/files', {
    method: 'POST',
    headers: { 'content-type': `multipart/form-data; boundary=${boundary}` },
    body: form(),
    duplex: 'half',
  })
  const batch = await post(gateway, '/v1/batches', {
    input_file_id: file['id'] ?? '',
    endpoint: '/v1/chat/completions',
    completion_window: '24h',
  })
  return asString(batch['id']) ?? ''
}

interface Progress {
  readonly done: number
  readonly atMs: number
}

async function until(gateway: Measured, id: string, isReached: (done: number) => boolean): Promise<Progress> {
  for (;;) {
    const batch = await request(gateway, `/v1/batches/${id}`, {})
    const done = Number(asObject(batch['request_counts'])?.['completed'] ?? 0)
    if (batch['status'] === 'failed') throw new Error(`the batch failed: ${JSON.stringify(batch['errors'])}`)
    if (isReached(done)) return { done, atMs: performance.now() }
    await delay(50)
  }
}

async function ended(gateway: Measured, id: string): Promise<void> {
  for (;;) {
    const { status } = await request(gateway, `/v1/batches/${id}`, {})
    if (status === 'completed' || status === 'cancelled') return
    await delay(100)
  }
}

function post(gateway: Measured, path: string, body: JsonObject): Promise<JsonObject> {
  const headers = { 'content-type': 'application/json' }
  return request(gateway, path, { method: 'POST', headers, body: JSON.stringify(body) })
}

async function request(
  gateway: Measured,
  path: string,
  init: RequestInit & { duplex?: 'half' },
): Promise<JsonObject> {
  const headers = { authorization: `Bearer ${key}`, ...(init.headers as object) }
  const response = await fetch(gateway.url + path, { ...init, headers })
  const text = await response.text()
  if (!response.ok) throw new Error(`${path}: ${response.status} ${text}`)
  return asObject(JSON.parse(text)) ?? {}
}
