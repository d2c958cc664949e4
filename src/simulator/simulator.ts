/** The provider simulator: every dialect on one port, synthetic models, faults, replay, receipts of all of it. */

import { createServer, type Server, type Socket } from 'node:net'
import { type Clock, systemClock } from '../core/clock.ts'
import { asObject, type Json, type JsonObject, parseJson } from '../core/json.ts'
import { type BatchAnswer, BatchDesk } from './batch/desk.ts'
import { batchFaults, type BatchFaults } from './batch/faults.ts'
import type { BatchedRequest } from './batch/state.ts'
import { type Exchange, serveConnection } from './connection.ts'
import { FaultCounter, readScript, type Script } from './fault-spec.ts'
import { habitsOf } from './habits.ts'
import type { HttpRequest } from './http-request.ts'
import { modelInBody } from './lookups.ts'
import type { Pace } from './models.ts'
import { headOf, type Plan, type Step, stepsOf } from './plan.ts'
import { Prebuilt } from './prebuilt.ts'
import { createRandom } from './random.ts'
import { fingerprint, type Receipt, ReceiptLog, withoutCredentials, withoutKey } from './receipts.ts'
import { type RateLimit, Rates, type RateState } from './rates.ts'
import { type Recording, Recordings } from './recorded.ts'
import { type Call, planError, planGeneration, planLookup } from './respond.ts'
import { routeOf } from './route.ts'
import { parseScenario, readScenario, type Scenario } from './scenario.ts'

export interface SimulatorOptions {
  readonly host?: string
  /** Of faults with a probability, random splits and the pace. */
  readonly seed?: number
  readonly clock?: Clock
  /** So many of the latest receipts are kept. */
  readonly receiptLimit?: number
  /** Drawn per call between the two bounds, in milliseconds. */
  readonly latency?: {
    readonly firstMs: readonly [number, number]
    readonly gapMs: readonly [number, number]
  }
  /** What it lets through, for each key and model by itself. Undefined: everything. */
  limitOf?(call: { readonly model: string; readonly credential: string }): RateLimit | undefined
  /** A folder of recorded exchanges with an INDEX.json. */
  readonly recordedFolder?: string
}

export interface Simulator {
  /** Port 0 takes any free one. Rejects where the port is taken. */
  listen(port: number): Promise<{ readonly port: number; readonly url: string }>
  /** Those with a number above `since`, oldest first. */
  receipts(since?: number): readonly Receipt[]
  /** Forgets receipts, counts of faults and turns of recordings, and starts the random numbers anew. */
  reset(): void
  /** Replaces the rules: `{ rules: [{ match, times?, respond }] }`. Throws Error with the path of a mistake. */
  setScenario(document: object): void
  /** The same, from YAML or JSON text. */
  loadScenario(text: string): Promise<void>
  /** Cuts open connections. */
  close(): Promise<void>
}

const defaultReceiptLimit = 10_000
const recordedPrefix = 'recorded/'
const recordingHeader = 'x-weir-sim-recording'

export function createSimulator(options: SimulatorOptions = {}): Simulator {
  return new SimulatorServer(options)
}

class SimulatorServer implements Simulator {
  readonly #options: SimulatorOptions
  readonly #clock: Clock
  readonly #receipts: ReceiptLog
  readonly #recordings: Recordings | undefined
  readonly #prebuilt = new Prebuilt()
  readonly #sockets = new Set<Socket>()
  readonly #server: Server
  readonly #batches: BatchDesk
  readonly #rates = new Rates()
  #random!: () => number
  #counter!: FaultCounter
  #scenario: Scenario | undefined

  constructor(options: SimulatorOptions) {
    this.#options = options
    this.#clock = options.clock ?? systemClock
    this.#receipts = new ReceiptLog(options.receiptLimit ?? defaultReceiptLimit)
    this.#recordings =
      options.recordedFolder === undefined ? undefined : new Recordings(options.recordedFolder)
    this.#batches = new BatchDesk({
      nowMs: () => this.#clock.nowMs(),
      strikes: (provider, model) => this.#batchFaults(provider, model),
      perform: (provider, request, id) => this.#performBatched(provider, request, id),
    })
    this.reset()
    this.#server = createServer((socket) => {
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      serveConnection(socket, this.#clock, (request) => this.#answer(request))
    })
  }

  listen(port: number): Promise<{ port: number; url: string }> {
    const host = this.#options.host ?? '127.0.0.1'
    return new Promise((resolve, reject) => {
      this.#server.on('error', reject) // later ones, of single connections, change nothing
      this.#server.listen(port, host, () => {
        const address = this.#server.address()
        const bound = typeof address === 'object' && address !== null ? address.port : port
        resolve({ port: bound, url: `http://${host.includes(':') ? `[${host}]` : host}:${bound}` })
      })
    })
  }

  receipts(since = 0): readonly Receipt[] {
    return this.#receipts.since(since)
  }

  reset(): void {
    this.#random = createRandom(this.#options.seed ?? 1)
    this.#counter = new FaultCounter(this.#random)
    this.#receipts.clear()
    this.#batches.clear()
    this.#rates.clear()
    this.#recordings?.reset()
  }

  setScenario(document: object): void {
    this.#scenario = readScenario(document)
  }

  async loadScenario(text: string): Promise<void> {
    this.#scenario = await parseScenario(text)
  }

  close(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>()
    this.#server.close(() => resolve())
    for (const socket of this.#sockets) socket.destroy()
    return promise
  }

  #answer(request: HttpRequest): Exchange | Promise<Exchange> {
    const own = this.#control(request)
    return own ?? this.#provide(request)
  }

  /** The simulator's own paths. */
  #control({ method, target, body }: HttpRequest): Exchange | Promise<Exchange> | undefined {
    const [path, query] = target.split('?', 2)
    switch (`${method} ${path}`) {
      case 'GET /receipts':
        return document(200, { data: this.receipts(Number(new URLSearchParams(query).get('since') ?? 0)) })
      case 'POST /reset':
        this.reset()
        return document(200, { ok: true })
      case 'POST /scenario':
        return this.loadScenario(body.toString()).then(
          () => document(200, { ok: true }),
          (error: unknown) => document(400, { error: { message: String(error) } }),
        )
      default:
        return undefined
    }
  }

  #provide(request: HttpRequest): Exchange {
    const parsed = request.body.length === 0 ? '' : parseJson(request.body.toString())
    const call = this.#callOf(request, asObject(parsed) ?? {})
    const recorded = this.#findRecording(call)
    if (recorded) {
      const known = { status: recorded.status, billed: null, faults: [], recording: recorded.file }
      return this.#exchange(call, recordedSteps(recorded), known)
    }
    const batched = this.#batches.answer(request)
    if (batched) return this.#answerOfBatches(call, batched)
    const { route, model } = call
    if (route.operation.kind === 'none') return this.#refuse(call, 404, `There is no path ${route.path}.`)
    if (parsed === undefined) return this.#refuse(call, 400, 'The body is not valid JSON.')
    if (route.operation.kind === 'recorded' || model.startsWith(recordedPrefix)) {
      return this.#refuse(call, 404, 'No recorded exchange has this request.')
    }
    const scripted = this.#scenario?.respond({ provider: route.provider, model, path: route.path })
    const script = readScript(scripted ?? model)
    if (typeof script === 'string') return this.#refuse(call, 404, script)
    // In replay, a name that is none of the simulator's is a request that nobody recorded.
    if (this.#recordings && scripted === undefined && model !== '' && !script.isNamed) {
      return this.#refuse(call, 404, `No recorded exchange has this request for '${model}'.`)
    }
    const rate = this.#rateOf(call)
    if (rate?.retryAfterMs !== undefined) return this.#limit(call, rate, rate.retryAfterMs)
    return this.#perform(rate ? { ...call, rate } : call, script)
  }

  #rateOf({ request, route, model, nowMs }: Call): RateState | undefined {
    const credential = fingerprint(request.headers, route.query)
    const limit = this.#options.limitOf?.({ model, credential })
    return limit && this.#rates.take(`${credential} ${model}`, limit, nowMs)
  }

  #limit(call: Call, rate: RateState, retryAfterMs: number): Exchange {
    const { wire } = call.route.operation
    const plan = planError({ ...call, rate }, wire, { status: 429, message: 'Rate limit reached.' })
    plan.headers.push(['retry-after', String(Math.ceil(retryAfterMs / 1000))])
    return this.#planned(call, plan, { faults: [] })
  }

  #callOf(request: HttpRequest, body: JsonObject): Call {
    const route = routeOf(request.method, request.target)
    return {
      request,
      route,
      body,
      model: route.model ?? modelInBody(body),
      isStream: route.stream ?? body['stream'] === true,
      prompt: route.operation.wire.read(body),
      n: this.#receipts.next(),
      nowMs: this.#clock.nowMs(),
    }
  }

  #perform(call: Call, script: Script, batch?: string): Exchange {
    const { route } = call
    const striking = this.#counter.striking(`${route.provider} ${call.model}`, script.faults)
    const names = striking.map(({ name }) => name)
    if (route.operation.kind !== 'generate') {
      return this.#planned(call, planLookup(call, striking), { faults: names, batch })
    }
    const make = () => planGeneration(call, script, striking, this.#pace())
    if (script.model.isPrebuilt && striking.length === 0 && call.isStream) {
      const built = this.#prebuilt.get(call, () => [...stepsOf(make().plan, this.#random)])
      const billed = { inputTokens: call.prompt.inputTokens, outputTokens: 0, reasoningTokens: 0 }
      return this.#exchange(call, built.values(), { status: 200, billed, faults: names })
    }
    const { plan, reply } = make()
    const { outputTokens, reasoningTokens } = reply.answer.usage
    const exchange = this.#planned(call, plan, { faults: names, reasoningTokens, batch })
    const isDetached =
      habitsOf(route.provider).billsWhenCancelled &&
      call.isStream &&
      plan.inputTokens !== undefined &&
      plan.rawBody === undefined
    return isDetached ? { ...exchange, fullOutputTokens: outputTokens * call.prompt.choices } : exchange
  }

  #batchFaults(provider: string, model: string): BatchFaults {
    const script = readScript(model)
    const terms = typeof script === 'string' ? [] : script.faults
    return batchFaults(this.#counter.striking(`${provider} batch ${model}`, terms))
  }

  #answerOfBatches(call: Call, { status, contentType, body, isLost, faults }: BatchAnswer): Exchange {
    const bytes = Buffer.from(body)
    const length = String(bytes.length)
    const headers: [string, string][] = [
      ['content-type', contentType],
      ['content-length', length],
    ]
    const answer = writeStep(Buffer.concat([headOf({ status, headers, preamble: '' }, []), bytes]))
    const steps: Step[] = isLost ? [{ do: 'end', how: 'reset' }] : [answer, keepStep]
    return this.#exchange(call, steps.values(), { status, billed: null, faults })
  }

  /** One request of a batch, without a connection: all of its answer is made at once. */
  #performBatched(provider: string, { path, body }: BatchedRequest, batch: string): Performed {
    const target = `/${provider}${path}`
    const request = { method: 'POST', target, headers: {}, body: Buffer.alloc(0), keepsAlive: true }
    const call = this.#callOf(request, body)
    const script = readScript(call.model)
    if (call.route.operation.kind === 'none' || typeof script === 'string') {
      return { status: 404, body: { error: { message: 'There is no such path or model.' } } }
    }
    const { steps, receipt } = this.#perform(call, script, batch)
    const pieces: Buffer[] = []
    for (let next = steps.next(); !next.done; next = steps.next()) {
      const step = next.value
      if (step.do === 'end') break
      if (step.do !== 'write') continue
      pieces.push(step.bytes)
      if (receipt?.billed) receipt.billed.outputTokens += step.tokens
    }
    if (receipt) receipt.ended = 'complete'
    const text = Buffer.concat(pieces).toString()
    return { status: receipt?.status ?? 500, body: parseJson(text.slice(text.indexOf(headEnd) + 4)) ?? null }
  }

  #planned(call: Call, plan: Plan, { faults, reasoningTokens = 0, batch }: Planned): Exchange {
    const { inputTokens, status } = plan
    const billed = inputTokens === undefined ? null : { inputTokens, outputTokens: 0, reasoningTokens }
    const known = { status, billed, faults, ...(batch !== undefined && { batch }) }
    return this.#exchange(call, stepsOf(plan, this.#random), known)
  }

  #refuse(call: Call, status: number, message: string): Exchange {
    const { wire } = call.route.operation
    return this.#planned(call, planError(call, wire, { status, message }), { faults: [] })
  }

  #exchange(
    call: Call,
    steps: Iterator<Step, void>,
    known: Pick<Receipt, 'status' | 'billed' | 'faults' | 'recording' | 'batch'>,
  ): Exchange {
    const { request, route, n, nowMs, model, isStream, prompt } = call
    const receipt: Receipt = {
      n,
      atMs: nowMs,
      provider: route.provider,
      dialect: route.operation.wire.name,
      method: request.method,
      path: withoutKey(request.target),
      model,
      stream: isStream,
      credential: fingerprint(request.headers, route.query),
      headers: withoutCredentials(request.headers),
      body: call.body,
      signatures: prompt.signatures,
      bytesSent: 0,
      ...known,
      ended: 'open',
      timings: {},
    }
    this.#receipts.add(receipt)
    return { steps, receipt }
  }

  #findRecording({ request, route, model, body }: Call): Recording | undefined {
    const inModel = model.startsWith(recordedPrefix) ? model.slice(recordedPrefix.length) : undefined
    const named = request.headers[recordingHeader] ?? inModel
    if (named !== undefined) return this.#recordings?.named(named)
    const { method, target } = request
    const { provider, operation } = route
    const sent = request.body.length === 0 ? '' : body
    return this.#recordings?.find({
      provider,
      dialects: operation.dialects,
      method,
      path: target,
      body: sent,
    })
  }

  #pace(): Pace {
    const draw = ([low, high]: readonly [number, number]) => Math.round(low + this.#random() * (high - low))
    const { latency } = this.#options
    return latency ? { firstMs: draw(latency.firstMs), gapMs: draw(latency.gapMs) } : { firstMs: 0, gapMs: 0 }
  }
}

/** An answer of the simulator itself. */
function document(status: number, body: unknown): Exchange {
  const bytes = Buffer.from(JSON.stringify(body))
  const head = headOf({ status, headers: [['content-type', 'application/json']], preamble: '' }, [
    ['content-length', String(bytes.length)],
  ])
  return { steps: [writeStep(Buffer.concat([head, bytes])), keepStep].values() }
}

function recordedSteps({ status, headers, body }: Recording): Iterator<Step, void> {
  const head = headOf({ status, headers, preamble: '' }, [['content-length', String(body.length)]])
  return [writeStep(Buffer.concat([head, body])), keepStep].values()
}

/** What the receipt of a planned answer tells beside the plan. */
interface Planned {
  readonly faults: readonly string[]
  readonly reasoningTokens?: number
  readonly batch?: string | undefined
}

interface Performed {
  readonly status: number
  readonly body: Json
}

const headEnd = '\r\n\r\n'
const writeStep = (bytes: Buffer): Step => ({ do: 'write', bytes, tokens: 0 })
const keepStep: Step = { do: 'end', how: 'keep' }
