/** Random requests, bytes and providers: every answer is an answer or an error of the client's dialect, and nothing breaks. */

import assert from 'node:assert/strict'
import { type AddressInfo, createServer, type Socket } from 'node:net'
import { after, test } from 'node:test'
import fc from 'fast-check'
import { type JsonObject, parseJson } from '../../src/core/json.ts'
import { AwsEventStreamParser, encodeAwsEventStream } from '../../src/framing/aws-event-stream.ts'
import { clients } from '../support/clients.ts'
import { parseResponses, postBytes, RawSocket } from '../support/raw-socket.ts'
import { type SourceName, sourceNames, sourceProviders } from '../support/sources.ts'
import { startStack, testKey } from '../support/stack.ts'
import { fuzz, innards, isFull, longestStallMs } from './harness.ts'
import { byteChange, spoiled, spoiledBytes, spoiling } from './spoil.ts'
import { canary, generations, lookups, type ValidRequest } from './valid-requests.ts'

const counts = isFull
  ? { bodies: 12_000, bytes: 4000, providers: 5000 }
  : { bodies: 1100, bytes: 400, providers: 600 }

/** Says to each request what was set for the name in it. */
const hostile = await startHostileProvider()
after(() => hostile.close())

const timeout = { firstTokenMs: 3000, idleMs: 3000, totalMs: 3000 }

const stack = await startStack(
  { after },
  {
    config: (simulatorUrl) => ({
      providers: {
        ...sourceProviders((path) => simulatorUrl + path),
        ...Object.fromEntries(
          Object.entries(sourceProviders(() => hostile.url, { timeout })).map(([name, provider]) => [
            `bad-${name}`,
            provider,
          ]),
        ),
      },
    }),
  },
)

/** Waits for no client: half of the spoiled requests never end. */
const impatient = await startStack(
  { after },
  {
    config: (simulatorUrl) => ({
      server: {
        drain: { graceMs: 0, timeoutMs: 2000 },
        limits: { headersTimeoutMs: 50, bodyTimeoutMs: 50, keepAliveMs: 50, maxBodyBytes: 5000 },
      },
      providers: sourceProviders((path) => simulatorUrl + path),
    }),
  },
)
const stacks = [stack, impatient]

/** What is wrong with an answer that came whole; undefined where nothing is. */
function faultOfAnswer(
  { speaks }: ValidRequest,
  { status, headers }: Response,
  body: string,
  mayFail: boolean,
): string | undefined {
  const tell = (what: string) => `${what}: ${status} ${body.slice(0, 300)}`
  // The echo does not answer by the schema that it was given: that is told, as it should be.
  const isContract = /contract_unsatisfied/i.test(body)
  if (status >= 500 && !mayFail && !isContract) return tell('a fault of ours')
  if (innards.test(body)) return tell('a stack')
  if (status >= 400) {
    const { error, garbled } = clients[speaks].readWhole(body)
    if (garbled !== undefined || !error?.code || error.message === '') return tell("not the dialect's error")
    return undefined
  }
  if (status !== 200) return tell('a strange status')
  const isStream = speaks === 'gemini-array' || headers.get('content-type')?.startsWith('text/event-stream')
  if (!isStream) return parseJson(body) === undefined ? tell('not JSON') : undefined
  const { garbled, isFinished, error } = clients[speaks].readStream(body)
  if (garbled !== undefined) return tell(`garbled (${garbled})`)
  if (isFinished === (error !== undefined))
    return tell(isFinished ? 'an end and an error' : 'neither end nor error')
  return undefined
}

test('bodies near the valid ones', async () => {
  const arbitrary = fc.record({
    request: fc.constantFrom(...generations, ...generations, ...lookups),
    source: fc.constantFrom(...sourceNames),
    changes: fc.array(spoiling, { minLength: 1, maxLength: 3 }),
  })
  await fuzz(arbitrary, counts.bodies, 16, async ({ request, source, changes }) => {
    const model = `${source}/echo`
    const text = JSON.stringify(spoiled(request.body(model), changes))
    const response = await stack.post(request.path(model), text)
    const body = await response.text()
    // Some targets have no embeddings; and what is passed on as it is may break the provider.
    const mayFail = response.status === 501 || body.includes('The provider failed with status 500.')
    const fault = faultOfAnswer(request, response, body, mayFail)
    return fault === undefined
      ? undefined
      : `${request.path(model)} to ${source}: ${fault} <- ${text.slice(0, 1500)}`
  })
  assert.equal(({} as Record<string, unknown>)['polluted'], undefined)
})

test('bytes near a valid request', async () => {
  const requests = generations.map((request) =>
    postBytes(
      request.path('anthropic-messages/echo'),
      JSON.stringify(request.body('anthropic-messages/echo')),
      {
        authorization: `Bearer ${testKey}`,
        connection: 'close',
      },
    ),
  )
  const arbitrary = fc.record({
    bytes: fc.constantFrom(...requests),
    // Most of the bytes are body: half of the changes go into the head.
    inHead: fc.boolean(),
    changes: fc.array(byteChange, { minLength: 1, maxLength: 4 }),
  })
  await fuzz(arbitrary, counts.bytes, 20, async ({ bytes, inHead, changes }) => {
    const end = inHead ? bytes.indexOf('\r\n\r\n') + 4 : bytes.length
    const sent = Buffer.concat([spoiledBytes(bytes.subarray(0, end), changes), bytes.subarray(end)])
    const raw = RawSocket.open(impatient.gateway.url, sent)
    await raw.closed(10_000)
    raw.destroy()
    const bad = parseResponses(Buffer.from(raw.received, 'latin1')).find(({ status, body }) => {
      return (status >= 500 && !/contract_unsatisfied/i.test(body)) || innards.test(body)
    })
    return (
      bad &&
      `${bad.status} ${bad.body.slice(0, 300)} <- ${JSON.stringify(sent.toString('latin1')).slice(0, 1500)}`
    )
  })
})

test('providers that send anything', async () => {
  const valid = await validAnswers()
  const arbitrary = fc.record({
    request: fc.constantFrom(...generations),
    source: fc.constantFrom(...sourceNames),
    kind: fc.constantFrom('stream', 'stream', 'stream', 'whole', 'whole', 'noise'),
    type: fc.constantFrom('own', 'own', 'own', 'text/event-stream', 'application/json', 'text/html', ''),
    status: fc.constantFrom(200, 200, 200, 200, 200, 200, 201, 204, 400, 429, 500, 599),
    changes: fc.array(byteChange, { maxLength: 3 }),
    spoilings: fc.array(spoiling, { maxLength: 2 }),
    noise: fc.uint8Array({ maxLength: 400 }),
    pieces: fc.integer({ min: 1, max: 6 }),
    ending: fc.constantFrom('fin', 'fin', 'chunked', 'reset'),
  })
  await fuzz(arbitrary, counts.providers, 16, async (each, n) => {
    const { request, source, kind, type, status, pieces, ending } = each
    const answer = valid.get(source)!
    const said =
      kind === 'noise'
        ? Buffer.from(each.noise)
        : spoiledBytes(
            kind === 'stream'
              ? answer.spoiledStream(each.spoilings, n)
              : Buffer.from(JSON.stringify(spoiled(answer.whole, each.spoilings))),
            each.changes,
          )
    const ownType = request.stream ? answer.streamType : 'application/json'
    hostile.says(`hostile-${n}`, {
      bytes: said,
      status,
      type: type === 'own' ? ownType : type,
      pieces,
      ending,
    })
    const model = `bad-${source}/hostile-${n}`
    const response = await stack.post(request.path(model), request.body(model))
    const mayFail = response.status >= 502 && response.status <= 504
    const fault = faultOfAnswer(request, response, await response.text(), mayFail)
    return (
      fault &&
      `${request.path(model)}: ${fault} <- ${status} ${type} ${JSON.stringify(said.toString('latin1')).slice(0, 1500)}`
    )
  })
})

test('none of it left a trace in the log, or harmed the process', async (t) => {
  // A figure, not a verdict: `npm run fuzz` judges it.
  t.diagnostic(`longest stall ${longestStallMs()} ms`)
  const lines = stacks.flatMap(({ log }) => log)
  for (const secret of [canary, testKey, 'provider-key-canary']) {
    assert.ok(!lines.some((line) => line.includes(secret)), secret)
  }
  const faults = stack.log.filter(
    (line) => line.includes('"level":"error"') || line.includes('"level":"fatal"'),
  )
  assert.deepEqual(faults.slice(0, 5), [])
  for (const { gateway } of stacks) assert.equal((await fetch(`${gateway.url}/health/ready`)).status, 200)
})

// -- the hostile provider

interface Saying {
  readonly bytes: Buffer
  readonly status: number
  readonly type: string
  /** So many writes. */
  readonly pieces: number
  readonly ending: string
}

async function startHostileProvider() {
  const sayings = new Map<string, Saying>()
  const sockets = new Set<Socket>()
  const server = createServer((socket) => {
    let received = ''
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => {})
    socket.on('data', (chunk: Buffer) => {
      received += chunk.toString('latin1')
      const head = received.indexOf('\r\n\r\n')
      const length = Number(/content-length: (\d+)/i.exec(received)?.[1] ?? 0)
      if (head < 0 || received.length < head + 4 + length) return
      const name = /hostile-\d+/.exec(received)?.[0] ?? ''
      say(socket, sayings.get(name)!)
      received = ''
    })
  })
  server.listen(0, '127.0.0.1')
  await new Promise((resolve) => server.once('listening', resolve))
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    says: (name: string, saying: Saying) => void sayings.set(name, saying),
    close() {
      for (const socket of sockets) socket.destroy()
      server.close()
    },
  }
}

function say(socket: Socket, { bytes, status, type, pieces, ending }: Saying): void {
  const isChunked = ending === 'chunked'
  const coding = isChunked ? 'transfer-encoding: chunked\r\n' : 'connection: close\r\n'
  const contentType = type === '' ? '' : `content-type: ${type}\r\n`
  socket.write(`HTTP/1.1 ${status} Said\r\n${contentType}${coding}\r\n`)
  const size = Math.max(1, Math.ceil(bytes.length / pieces))
  for (let at = 0; at < bytes.length; at += size) {
    const piece = bytes.subarray(at, at + size)
    socket.write(
      isChunked
        ? Buffer.concat([Buffer.from(`${piece.length.toString(16)}\r\n`), piece, Buffer.from('\r\n')])
        : piece,
    )
  }
  if (isChunked) socket.write('0\r\n\r\n')
  else if (ending === 'reset') setImmediate(() => socket.resetAndDestroy())
  else socket.end()
}

interface ValidAnswer {
  readonly whole: JsonObject
  readonly streamType: string
  /** The stream with one of its events, the `n`th, spoiled as JSON. */
  spoiledStream(changes: Spoilings, n: number): Buffer
}

type Spoilings = Parameters<typeof spoiled>[1]

/** What the simulator answers in each dialect: a call of a tool behind some reasoning. */
async function validAnswers(): Promise<Map<SourceName, ValidAnswer>> {
  const found = new Map<SourceName, ValidAnswer>()
  for (const source of sourceNames) {
    if (source === 'bedrock-converse') {
      found.set(source, await validConverse())
      continue
    }
    if (source === 'cohere-chat' || source === 'ollama-chat') {
      found.set(source, await validOwn(source))
      continue
    }
    const read = async (stream: boolean) => {
      const request = generations.find((each) => each.speaks === source && each.stream === stream)!
      const response = await stack.post(
        request.path(`${source}/reason-5`),
        request.body(`${source}/reason-5`),
      )
      assert.equal(response.status, 200)
      return response.text()
    }
    const stream = await read(true)
    found.set(source, {
      whole: JSON.parse(await read(false)) as JsonObject,
      streamType: 'text/event-stream',
      spoiledStream: (changes, n) => Buffer.from(spoiledEvents(stream, changes, n)),
    })
  }
  return found
}

/** No client of the gateway speaks these dialects: the simulator is asked itself. */
async function validOwn(source: 'cohere-chat' | 'ollama-chat'): Promise<ValidAnswer> {
  const isCohere = source === 'cohere-chat'
  const read = async (stream: boolean) => {
    const tool = { type: 'function', function: { name: 'look', parameters: { type: 'object' } } }
    const messages = [{ role: 'user', content: 'Where is it?' }]
    const body = JSON.stringify({ model: 'reason-5', messages, tools: [tool], stream })
    const path = isCohere ? '/cohere/v2/chat' : '/ollama/api/chat'
    const response = await fetch(stack.simulatorUrl + path, { method: 'POST', body })
    assert.equal(response.status, 200)
    return response.text()
  }
  const stream = await read(true)
  return {
    whole: JSON.parse(await read(false)) as JsonObject,
    streamType: isCohere ? 'text/event-stream' : 'application/x-ndjson',
    spoiledStream: (changes, n) =>
      Buffer.from(isCohere ? spoiledEvents(stream, changes, n) : spoiledLines(stream, changes, n)),
  }
}

/** The stream of lines with one of them spoiled as JSON. */
function spoiledLines(stream: string, changes: Spoilings, n: number): string {
  const lines = stream.trimEnd().split('\n')
  const at = n % lines.length
  if (changes.length > 0) lines[at] = JSON.stringify(spoiled(parseJson(lines[at]!) as JsonObject, changes))
  return `${lines.join('\n')}\n`
}

async function validConverse(): Promise<ValidAnswer> {
  const read = async (operation: string) => {
    const body = JSON.stringify({
      messages: [{ role: 'user', content: [{ text: 'Where is it?' }] }],
      toolConfig: { tools: [{ toolSpec: { name: 'look', inputSchema: { json: { type: 'object' } } } }] },
    })
    const path = `/bedrock/model/reason-5/${operation}`
    const response = await fetch(stack.simulatorUrl + path, { method: 'POST', body })
    return Buffer.from(await response.arrayBuffer())
  }
  const frames = new AwsEventStreamParser().push(await read('converse-stream'))
  return {
    whole: JSON.parse((await read('converse')).toString()) as JsonObject,
    streamType: 'application/vnd.amazon.eventstream',
    spoiledStream: (changes, n) =>
      Buffer.concat(
        frames.map(({ event, data }, at) => {
          const isSpoiled = at === n % frames.length && changes.length > 0
          const value = isSpoiled ? JSON.stringify(spoiled(parseJson(data) as JsonObject, changes)) : data
          return encodeAwsEventStream({ ...(event !== undefined && { event }), data: value })
        }),
      ),
  }
}

/** The stream with one of its events spoiled as JSON. */
function spoiledEvents(stream: string, changes: Spoilings, n: number): string {
  const events = stream.split('\n\n')
  const at = n % events.length
  const match = /^([\s\S]*data: )(\{[\s\S]*\})$/.exec(events[at]!.trimEnd())
  if (match && changes.length > 0) {
    const value = parseJson(match[2]!) as JsonObject
    events[at] = match[1]! + JSON.stringify(spoiled(value, changes))
  }
  return events.join('\n\n')
}
