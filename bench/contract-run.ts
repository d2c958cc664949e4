/** Asks simulated models, of which 30 in 100 answers are broken, for instances of many schemas, and judges every answer. */

import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { Ajv, type Options, type ValidateFunction } from 'ajv'
import { Ajv2020 } from 'ajv/dist/2020.js'
import formatsPlugin from 'ajv-formats'
import { asArray, asObject, asString, type JsonObject, parseJson } from '../src/core/json.ts'
import { SseParser } from '../src/framing/sse.ts'
import { type RunningGateway, start } from '../src/main.ts'
import { instanceOf } from '../src/simulator/instance.ts'
import { createSimulator } from '../src/simulator/simulator.ts'
import { createLog } from '../src/telemetry/log.ts'
import { generatedSchemas, handwritten } from './contract-schemas.ts'

/** How the answers come: whole, as a stream that is passed on, as a stream that is held until it is valid. */
const manners = ['whole', 'streamed', 'held'] as const
type Manner = (typeof manners)[number]

/** What became of a request, by the last rung that it took. */
const rungs = ['valid at once', 'repaired', 'asked again', 'next target', 'typed error', 'invalid'] as const
type Rung = (typeof rungs)[number]

export interface MannerReport {
  readonly requests: number
  readonly calls: number
  readonly byRung: Readonly<Record<Rung, number>>
  /** Typed errors by kind. */
  readonly errors: Readonly<Record<string, number>>
}

export interface ContractReport {
  readonly schemas: number
  readonly modes: readonly string[]
  readonly date: string
  readonly manners: Readonly<Record<Manner, MannerReport>>
}

export interface ContractScale {
  readonly generated: number
  readonly handwritten: number
  /** Times that each schema is asked for, in each mode and manner. */
  readonly rounds: number
}

const brokenShare = 30
const maxCallsPerRequest = 1.15
const key = 'bench-key-of-16-characters'
const modes = ['native', 'tool', 'json', 'instructions'] as const

export async function measureContract(scale: ContractScale): Promise<ContractReport> {
  const schemas = schemasFor(scale)
  const rig = await openRig()
  const reports = {} as Record<Manner, MannerReport>
  try {
    for (const manner of manners) reports[manner] = await measureManner(rig, schemas, manner, scale.rounds)
  } finally {
    await rig.close()
  }
  return { schemas: schemas.length, modes, date: new Date().toISOString().slice(0, 10), manners: reports }
}

interface Judged {
  readonly schema: JsonObject
  readonly validate: ValidateFunction
}

/** Judged by ajv directly, not by the code that is measured. Only schemas that the simulator can satisfy count. */
function schemasFor(scale: ContractScale): Judged[] {
  const candidates = [
    ...Object.values(handwritten).slice(0, scale.handwritten),
    ...generatedSchemas(scale.generated * 2, 20_261_127),
  ]
  const judged = candidates.map((schema) => ({ schema, validate: compile(schema) }))
  const satisfied = judged.filter(({ schema, validate }) => validate(instanceOf(schema)))
  return satisfied.slice(0, Math.min(Object.keys(handwritten).length, scale.handwritten) + scale.generated)
}

function compile(schema: JsonObject): ValidateFunction {
  const options: Options = { strict: false, logger: false }
  const ajv = schema['$schema'] === undefined ? new Ajv2020(options) : new Ajv(options)
  formatsPlugin.default(ajv)
  return ajv.compile(schema)
}

interface Rig {
  readonly gateway: RunningGateway
  calls(): number
  close(): Promise<void>
}

async function openRig(): Promise<Rig> {
  const simulator = createSimulator({ seed: 7, receiptLimit: 1_000_000 })
  const { url } = await simulator.listen(0)
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const file = join(folder, 'weir.yaml')
  writeFileSync(file, JSON.stringify(configFor(url)))
  const gateway = await start({
    configPath: file,
    folder,
    env: { BENCH_KEY: key, PROVIDER_KEY: 'provider-key-0123456789' },
    port: 0,
    dataDir: join(folder, 'data'),
    log: createLog({ level: 'silent', format: 'json', destination: { write: () => undefined } }),
  })
  return {
    gateway,
    calls: () => simulator.receipts().length,
    async close() {
      await gateway.stop(true)
      await simulator.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/** A route for each mode: two targets of the kind, each as unreliable as the other. */
function configFor(simulatorUrl: string): JsonObject {
  const common = { apiKey: 'env:PROVIDER_KEY', allowPrivateNetwork: true }
  const openai = { ...common, type: 'openai', baseUrl: `${simulatorUrl}/openai/v1` }
  const claude = { ...common, type: 'anthropic', baseUrl: `${simulatorUrl}/anthropic/v1` }
  const named = modes.slice(1).flatMap((mode): [string, JsonObject][] => [
    [`openai-${mode}`, { ...openai, structured: mode }],
    [`claude-${mode}`, { ...claude, structured: mode === 'json' ? 'instructions' : mode }],
  ])
  const model = `fault/breaks-any%${brokenShare}`
  return {
    server: { drain: { graceMs: 0, timeoutMs: 5000 } },
    records: { enabled: false },
    keys: [{ name: 'bench', secret: 'env:BENCH_KEY' }],
    providers: Object.fromEntries([['openai-native', openai], ['claude-native', claude], ...named]),
    routes: Object.fromEntries(
      modes.map((mode) => [mode, { targets: [`openai-${mode}/${model}`, `claude-${mode}/${model}`] }]),
    ),
  }
}

async function measureManner(
  rig: Rig,
  schemas: readonly Judged[],
  manner: Manner,
  rounds: number,
): Promise<MannerReport> {
  const byRung = Object.fromEntries(rungs.map((rung) => [rung, 0])) as Record<Rung, number>
  const errors: Record<string, number> = {}
  const callsBefore = rig.calls()
  let requests = 0
  for (let round = 0; round < rounds; round++) {
    for (const mode of modes) {
      for (const judged of schemas) {
        const { rung, error } = await ask(rig.gateway.url, mode, judged, manner)
        byRung[rung]++
        if (error !== undefined) errors[error] = (errors[error] ?? 0) + 1
        requests++
      }
    }
  }
  return { requests, calls: rig.calls() - callsBefore, byRung, errors }
}

async function ask(
  url: string,
  mode: string,
  { schema, validate }: Judged,
  manner: Manner,
): Promise<{ rung: Rung; error?: string }> {
  const stream = manner !== 'whole'
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${key}`,
      'content-type': 'application/json',
      ...(manner === 'held' && { 'x-weir-strict': '1' }),
    },
    body: JSON.stringify({
      model: mode,
      stream,
      messages: [{ role: 'user', content: 'Give me one.' }],
      response_format: { type: 'json_schema', json_schema: { name: 'answer', schema } },
    }),
  })
  const body = await response.text()
  const error = errorOf(response.status, body, stream)
  if (error !== undefined) return { rung: 'typed error', error }
  const value = parseJson(stream ? streamedText(body) : wholeText(body))
  if (value === undefined || !validate(value)) return { rung: 'invalid' }
  return { rung: rungOf(response.headers.get('x-weir-contract') ?? '') }
}

function rungOf(path: string): Rung {
  if (path.includes('moved')) return 'next target'
  if (path.includes('reasked')) return 'asked again'
  return path.includes('repaired') ? 'repaired' : 'valid at once'
}

/** The kind of a typed error; undefined for an answer. Anything else that fails counts as invalid. */
function errorOf(status: number, body: string, stream: boolean): string | undefined {
  const last = stream && status === 200 ? framesOf(body).at(-1) : asObject(parseJson(body))
  const error = asObject(last?.['error'])
  if (error?.['code'] !== 'contract_unsatisfied') return undefined
  return asString(asObject(error['contract'])?.['kind']) ?? 'within the stream'
}

function wholeText(body: string): string {
  const [choice] = asArray(asObject(parseJson(body))?.['choices'])
  return asString(asObject(asObject(choice)?.['message'])?.['content']) ?? ''
}

function streamedText(body: string): string {
  return framesOf(body)
    .map((frame) => asString(asObject(asObject(asArray(frame['choices'])[0])?.['delta'])?.['content']) ?? '')
    .join('')
}

function framesOf(body: string): JsonObject[] {
  const frames = new SseParser().push(Buffer.from(body))
  return frames.filter(({ data }) => data !== '[DONE]').map(({ data }) => JSON.parse(data) as JsonObject)
}

// -- what is told

export function targetsMet({ manners: reports }: ContractReport): boolean {
  return Object.values(reports).every(
    ({ byRung, calls, requests }) => byRung.invalid === 0 && calls / requests <= maxCallsPerRequest,
  )
}

export function reportLines(report: ContractReport): string[] {
  const row = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  const percent = (part: number, of: number) => `${((part / of) * 100).toFixed(2)} %`
  const lines = [
    row(['', ...manners]),
    row(['---', ...manners.map(() => '---:')]),
    row(['requests', ...manners.map((manner) => String(report.manners[manner].requests))]),
  ]
  for (const rung of rungs) {
    const cells = manners.map((manner) => {
      const { byRung, requests } = report.manners[manner]
      return percent(byRung[rung], requests)
    })
    lines.push(row([rung === 'invalid' ? 'invalid, given as an answer (target: 0)' : rung, ...cells]))
  }
  const each = manners.map((manner) => {
    const { calls, requests } = report.manners[manner]
    return (calls / requests).toFixed(3)
  })
  lines.push(row([`calls per request (target: ≤ ${maxCallsPerRequest})`, ...each]))
  const kinds = manners.map((manner) =>
    Object.entries(report.manners[manner].errors)
      .map(([kind, n]) => `${kind} ${n}`)
      .join(', '),
  )
  lines.push(row(['typed errors by kind', ...kinds]))
  return lines
}

const page = resolve(import.meta.dirname, '../docs/benchmarks.md')
const begin = '<!-- begin: written by `node bench/contract.ts --write` -->'
const end = '<!-- end: contract -->'

export function writeReport(report: ContractReport): void {
  const text = readFileSync(page, 'utf8')
  const before = text.slice(0, text.indexOf(begin) + begin.length)
  const after = text.slice(text.indexOf(end))
  const head = `${report.date}, ${report.schemas} schemas, ${report.modes.length} modes (${report.modes.join(', ')}).`
  writeFileSync(page, `${before}\n${head}\n\n${reportLines(report).join('\n')}\n${after}`)
}
