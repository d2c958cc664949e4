import assert from 'node:assert/strict'
import test from 'node:test'
import { readRecorded, recordedDir, recordedEntries, recordedStream } from '../../test/support/recorded.ts'
import { asObject, type Json, type JsonObject, parseJson } from '../core/json.ts'
import { AwsEventStreamParser } from '../framing/aws-event-stream.ts'
import { NdjsonParser } from '../framing/ndjson.ts'
import { SseParser } from '../framing/sse.ts'
import { createSimulator } from './simulator.ts'

/** What stands below these is the caller's own, or is nothing the simulator imitates. */
const opaque = new Set([
  'tools',
  'metadata',
  'input',
  'args',
  'arguments',
  'format',
  'tool_choice',
  'reasoning',
  'text.format',
])

/** The paths of all keys, arrays without their indices; an event's type is the root of its paths. */
function paths(value: Json | undefined, at: string, into: Set<string>): void {
  if (Array.isArray(value)) for (const each of value as readonly Json[]) paths(each, at, into)
  const object = asObject(value)
  if (object === undefined) return
  const type = typeof object['type'] === 'string' ? `(${object['type']})` : ''
  for (const [key, member] of Object.entries(object)) {
    into.add(`${at}${type}.${key}`)
    if (!opaque.has(key)) paths(member, `${at}${type}.${key}`, into)
  }
}

function pathsOf(isStream: boolean, body: Buffer, dialect: string): Set<string> {
  const found = new Set<string>()
  if (!isStream) paths(parseJson(body.toString()), '', found)
  else if (dialect === 'ollama-chat') {
    for (const { data } of new NdjsonParser().push(body)) paths(parseJson(data), '', found)
  } else if (dialect === 'bedrock-converse') {
    const frames = new AwsEventStreamParser().push(body)
    for (const { event, data } of frames) paths(parseJson(data), event ?? '', found)
  } else for (const { data } of new SseParser().push(body)) paths(parseJson(data), '', found)
  return found
}

const messages = [{ role: 'user', content: 'hello there' }]
const parameters = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }

interface Row {
  readonly provider: string
  readonly dialect: string
  readonly path: (model: string, isStream: boolean) => string
  readonly body: (model: string, isStream: boolean) => JsonObject
}

const chat = (provider: string, dialect = 'openai-chat'): Row => ({
  provider,
  dialect,
  path: () => `/${provider}/v1/chat/completions`,
  body: (model, stream) => ({
    model,
    stream,
    messages,
    tools: [{ type: 'function', function: { name: 'weather', parameters } }],
    ...(stream && { stream_options: { include_usage: true } }),
  }),
})

const rows: readonly Row[] = [
  chat('openai'),
  chat('deepseek'),
  chat('mistral', 'mistral-chat'),
  chat('groq'),
  {
    provider: 'openai',
    dialect: 'openai-responses',
    path: () => '/openai/v1/responses',
    body: (model, stream) => ({
      model,
      stream,
      input: messages,
      tools: [{ type: 'function', name: 'weather', parameters }],
      reasoning: { summary: 'auto' },
      include: ['reasoning.encrypted_content'],
    }),
  },
  {
    provider: 'anthropic',
    dialect: 'anthropic-messages',
    path: () => '/anthropic/v1/messages',
    body: (model, stream) => ({
      model,
      stream,
      messages,
      max_tokens: 999,
      tools: [{ name: 'weather', input_schema: parameters }],
    }),
  },
  {
    provider: 'gemini',
    dialect: 'gemini-generate',
    path: (model, stream) =>
      `/gemini/v1beta/models/${model}:${stream ? 'streamGenerateContent?alt=sse' : 'generateContent'}`,
    body: () => ({
      contents: [{ role: 'user', parts: [{ text: 'hello there' }] }],
      tools: [{ functionDeclarations: [{ name: 'weather', parameters }] }],
    }),
  },
  {
    provider: 'cohere',
    dialect: 'cohere-chat-v2',
    path: () => '/cohere/v2/chat',
    body: (model, stream) => ({
      model,
      stream,
      messages,
      tools: [{ type: 'function', function: { name: 'weather', parameters } }],
    }),
  },
  {
    provider: 'ollama',
    dialect: 'ollama-chat',
    path: () => '/ollama/api/chat',
    body: (model, stream) => ({
      model,
      stream,
      messages,
      tools: [{ type: 'function', function: { name: 'weather', parameters } }],
    }),
  },
  {
    provider: 'openai',
    dialect: 'openai-completions',
    path: () => '/openai/v1/completions',
    body: (model, stream) => ({ model, stream, prompt: 'hello there' }),
  },
  {
    provider: 'bedrock',
    dialect: 'bedrock-converse',
    path: (model, stream) => `/bedrock/model/${model}/${stream ? 'converse-stream' : 'converse'}`,
    body: () => ({
      messages: [{ role: 'user', content: [{ text: 'hello there' }] }],
      toolConfig: { tools: [{ toolSpec: { name: 'weather', inputSchema: { json: parameters } } }] },
    }),
  },
]

/** The paths of each recorded answer of a provider. */
function recordedPaths(provider: string, dialect: string, isStream: boolean): Set<string>[] {
  return recordedEntries(dialect)
    .filter((entry) => entry.provider === provider && entry.status === 200 && entry.streaming === isStream)
    .map((entry) => readRecorded(entry).response)
    .map((response) => {
      const whole = Buffer.from(JSON.stringify(response.body ?? null))
      return pathsOf(isStream, recordedStream(response) ?? whole, dialect)
    })
    .filter((found) => found.size > 5)
}

test('answers have no keys that no provider was seen to send, and all that every one sends', async (t) => {
  if (recordedDir === undefined) return t.skip('no recordings')
  const simulator = createSimulator()
  const { url } = await simulator.listen(0)
  t.after(() => simulator.close())
  for (const { provider, dialect, path, body } of rows) {
    for (const isStream of [false, true]) {
      const recorded = recordedPaths(provider, dialect, isStream)
      if (recorded.length < 2) continue
      // A line of Ollama's is a piece of the whole answer: what was seen in the one may be in the other.
      const alike = dialect === 'ollama-chat' ? recordedPaths(provider, dialect, !isStream) : []
      const seen = new Set([...recorded, ...alike].flatMap((found) => [...found]))
      const always = [...seen].filter((each) => recorded.every((found) => found.has(each)))
      const made = new Set<string>()
      for (const model of ['echo', 'tools', 'reason-3']) {
        const answer = await fetch(url + path(model, isStream), {
          method: 'POST',
          body: JSON.stringify(body(model, isStream)),
        })
        const bytes = Buffer.from(await answer.arrayBuffer())
        for (const each of pathsOf(isStream, bytes, dialect)) made.add(each)
      }
      await t.test(
        `${provider} ${dialect} ${isStream ? 'streamed' : 'whole'}, of ${recorded.length} recordings`,
        () => {
          assert.deepEqual(
            [...made].filter((each) => !seen.has(each)),
            [],
            'keys that were never recorded',
          )
          assert.deepEqual(
            always.filter((each) => !made.has(each)),
            [],
            'keys that were always recorded',
          )
        },
      )
    }
  }
})
