/** Bedrock behind the gateway: signed requests, event streams, and clients of another dialect before it. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer, type IncomingMessage } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { after, test, type TestContext } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { Secret } from '../../src/core/secret.ts'
import { encodeAwsEventStream } from '../../src/framing/aws-event-stream.ts'
import { signRequest } from '../../src/providers/sigv4.ts'
import { clients } from '../support/clients.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { startStack } from '../support/stack.ts'

const providerKey = 'provider-key-canary-0123456789' // as the stack's environment has it
const accessKey = {
  accessKeyId: 'env:PROVIDER_KEY',
  secretAccessKey: 'env:PROVIDER_KEY',
  region: 'eu-west-1',
}

const stack = await startStack(
  { after },
  {
    config: (simulatorUrl) => ({
      providers: {
        aws: { type: 'bedrock', ...accessKey, baseUrl: `${simulatorUrl}/bedrock`, allowPrivateNetwork: true },
      },
    }),
  },
)

const chat = clients['openai-chat']
const ask = (model: string, more: JsonObject = {}) =>
  stack.post('/v1/chat/completions', {
    model: `aws/${model}`,
    messages: [{ role: 'user', content: 'Where does the river go?' }],
    ...more,
  })

for (const stream of [false, true]) {
  test(`a chat client reads Converse ${stream ? 'streamed' : 'whole'}`, async () => {
    const response = await ask('words-7', {
      stream,
      ...(stream && { stream_options: { include_usage: true } }),
      max_tokens: 50,
      top_logprobs: 1,
      logprobs: true,
    })
    const body = await response.text()
    const reading = stream ? chat.readStream(body) : chat.readWhole(body)
    assert.deepEqual(
      [response.status, reading.isFinished, reading.error, reading.text.split(' ').length],
      [200, true, undefined, 7],
    )
    assert.equal(response.headers.get('x-weir-dropped'), 'logprobs')
    const receipt = stack.simulator.receipts().at(-1)!
    assert.equal(receipt.path, `/bedrock/model/words-7/${stream ? 'converse-stream' : 'converse'}`)
    assert.deepEqual(asObject(asObject(receipt.body)?.['inferenceConfig']), { maxTokens: 50 })
    const { inputTokens, outputTokens } = receipt.billed!
    assert.match(body, new RegExp(`"prompt_tokens":${inputTokens},"completion_tokens":${outputTokens}\\b`))
  })
}

test('a tool is called, its result is returned, and the reasoning comes back with its proof', async () => {
  const tools = [
    { type: 'function', function: { name: 'look', parameters: { type: 'object', properties: {} } } },
  ]
  const first = asObject(await (await ask('reason-5', { tools })).json())
  const message = asObject(asObject(asArray(first?.['choices'])[0])?.['message'])
  const [call] = asArray(message?.['tool_calls'])
  assert.equal(asObject(asObject(call)?.['function'])?.['name'], 'look')
  const messages = [
    { role: 'user', content: 'Where does the river go?' },
    message,
    { role: 'tool', tool_call_id: asObject(call)?.['id'], content: 'To the sea.' },
  ]
  const second = await ask('tools', { tools, messages: messages as unknown as JsonObject[] })
  assert.match(await second.text(), /The tool has answered/)
  const { body, signatures } = stack.simulator.receipts().at(-1)!
  assert.deepEqual(signatures, { valid: 1, broken: 0 })
  const sent = asArray(asObject(body)?.['messages']).map((each) => asObject(each)?.['role'])
  assert.deepEqual(sent, ['user', 'assistant', 'user'])
})

interface Seen {
  readonly request: IncomingMessage
  readonly body: string
}

/** A provider of one answer, which shows what it was sent. */
async function startProvider(t: TestContext, seen: Seen[]): Promise<string> {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      seen.push({ request, body })
      response.setHeader('content-type', 'application/vnd.amazon.eventstream')
      response.setHeader('x-amzn-requestid', 'request-7')
      const frames = [
        { event: 'contentBlockDelta', data: '{"contentBlockIndex":0,"delta":{"text":"hi"}}' },
        { event: 'messageStop', data: '{"stopReason":"end_turn"}' },
      ]
      response.end(Buffer.concat(frames.map(encodeAwsEventStream)))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

const arn = 'arn:aws:bedrock:eu-west-1:123456789012:inference-profile/eu.anthropic.claude-sonnet-4-6'

test('each request is signed as it is sent, an ARN as the model included', async (t) => {
  const seen: Seen[] = []
  const baseUrl = await startProvider(t, seen)
  const signed = {
    type: 'bedrock',
    ...accessKey,
    sessionToken: 'env:PROVIDER_KEY',
    baseUrl,
    allowPrivateNetwork: true,
  }
  const bearer = { type: 'bedrock', apiKey: 'env:PROVIDER_KEY', baseUrl, allowPrivateNetwork: true }
  const { post, log } = await startStack(t, { config: { providers: { signed, bearer } } })
  const converse = async (provider: string) => {
    const messages = [{ role: 'user', content: 'Grüße 🌊' }]
    const response = await post('/v1/chat/completions', {
      model: `${provider}/${arn}`,
      stream: true,
      messages,
    })
    assert.equal(chat.readStream(await response.text()).text, 'hi')
    return seen.at(-1)!
  }
  const { request, body } = await converse('signed')
  assert.equal(request.url, `/model/${encodeURIComponent(arn)}/converse-stream`)
  const [, year, month, day, hour, minute, second] = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(
    String(request.headers['x-amz-date']),
  )!
  const secret = new Secret(providerKey)
  const expected = signRequest({
    method: 'POST',
    url: new URL(request.url!, baseUrl),
    headers: {},
    body,
    region: 'eu-west-1',
    service: 'bedrock',
    credentials: { accessKeyId: providerKey, secretAccessKey: secret, sessionToken: secret },
    nowMs: Date.parse(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`),
  })
  assert.equal(request.headers.authorization, expected['authorization'])
  assert.equal(request.headers['x-amz-security-token'], providerKey)
  const sent = await converse('bearer')
  assert.equal(sent.request.headers.authorization, `Bearer ${providerKey}`)
  assert.equal(sent.request.headers['x-amz-date'], undefined)
  assert.ok(!log.join('').includes(providerKey))
})

test('a client of OpenAI embeds with a model of Bedrock, signed, and the tokens are those of its header', async (t) => {
  const provider = await startScriptedProvider(t)
  provider.answerWith(({ target }, response) => {
    const headers = { 'content-type': 'application/json', 'x-amzn-bedrock-input-token-count': '12' }
    const body = target.includes('cohere')
      ? {
          embeddings: {
            float: [
              [1, 2],
              [3, 4],
            ],
          },
          response_type: 'embeddings_by_type',
        }
      : { embedding: [5, 6], inputTextTokenCount: 7 }
    response.writeHead(200, headers).end(JSON.stringify(body))
  })
  const aws = { type: 'bedrock', ...accessKey, baseUrl: provider.url, allowPrivateNetwork: true }
  const own = await startStack(t, { config: { providers: { aws } } })
  const embed = async (model: string, input: unknown) => {
    const response = await own.post('/v1/embeddings', { model: `aws/${model}`, input })
    return { status: response.status, body: (await response.json()) as JsonObject }
  }
  const cohere = await embed('eu.cohere.embed-v4:0', ['one', 'two'])
  assert.deepEqual(
    asArray(cohere.body['data']).map((each) => asObject(each)?.['embedding']),
    [
      [1, 2],
      [3, 4],
    ],
  )
  assert.deepEqual(cohere.body['usage'], { prompt_tokens: 12, total_tokens: 12 })
  const titan = await embed('amazon.titan-embed-text-v2:0', 'one')
  assert.deepEqual(titan.body['usage'], { prompt_tokens: 7, total_tokens: 7 })
  const [first, second] = provider.received
  assert.equal(first!.target, '/model/eu.cohere.embed-v4%3A0/invoke')
  assert.match(first!.headers['authorization']![0]!, /^AWS4-HMAC-SHA256 /)
  assert.deepEqual(JSON.parse(second!.body.toString()), { inputText: 'one' })
  const refused = await embed('amazon.titan-embed-text-v2:0', ['one', 'two'])
  assert.equal(refused.status, 400)
  assert.equal(provider.received.length, 2)
})
