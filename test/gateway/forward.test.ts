/** OpenAI's other routes: forwarded whole, with the model's own name, to targets that speak them. */

import assert from 'node:assert/strict'
import { type IncomingMessage, request as httpRequest } from 'node:http'
import { test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { type Lifetime, type Stack, startStack, testKey } from '../support/stack.ts'
import { until } from '../support/until.ts'

const providerKey = 'provider-key-canary-0123456789'

async function startPair(t: Lifetime, config: JsonObject = {}) {
  const provider = await startScriptedProvider(t)
  const other = await startScriptedProvider(t)
  const at = (url: string, type = 'openai'): JsonObject => ({
    type,
    apiKey: 'env:PROVIDER_KEY',
    baseUrl: `${url}/v1`,
    allowPrivateNetwork: true,
  })
  const stack = await startStack(t, {
    config: {
      providers: {
        openai: at(provider.url),
        backup: at(other.url, 'openai-compatible'),
        claude: at(provider.url, 'anthropic'),
      },
      routes: {
        speech: { targets: ['openai/gpt-speech', 'backup/other-speech'] },
        mixed: { targets: ['claude/claude-x', 'backup/other-speech'] },
      },
      ...config,
    },
  })
  return { provider, other, stack }
}

async function lastRecord(stack: Stack): Promise<JsonObject> {
  return until('the record', async () =>
    asObject(asArray((await stack.admin('/requests?limit=1'))['data'])[0]),
  )
}

function upload(
  stack: Stack,
  path: string,
  form: FormData | Uint8Array<ArrayBuffer>,
  type?: string,
): Promise<Response> {
  return fetch(stack.gateway.url + path, {
    method: 'POST',
    headers: { authorization: `Bearer ${testKey}`, ...(type !== undefined && { 'content-type': type }) },
    body: form,
  })
}

test('JSON goes to its provider with the model renamed and nothing else changed', async (t) => {
  const { provider, stack } = await startPair(t)
  const answer = { created: 1, data: [{ b64_json: 'AAAA' }], usage: { input_tokens: 7, output_tokens: 9 } }
  provider.answerWith((_, response) =>
    response
      .writeHead(200, { 'content-type': 'application/json', 'set-cookie': 'a=b' })
      .end(JSON.stringify(answer)),
  )
  const response = await stack.post('/v1/images/generations', {
    model: 'openai/gpt-image-1',
    prompt: 'a weir',
    size: '1024x1024',
    unknown: [1, null],
  })
  assert.equal(response.status, 200)
  assert.deepEqual(await response.json(), answer)
  assert.equal(response.headers.get('x-weir-provider'), 'openai')
  assert.equal(response.headers.get('set-cookie'), null)
  const [sent] = provider.received
  assert.equal(sent!.target, '/v1/images/generations')
  assert.deepEqual(JSON.parse(sent!.body.toString()), {
    model: 'gpt-image-1',
    prompt: 'a weir',
    size: '1024x1024',
    unknown: [1, null],
  })
  assert.deepEqual(sent!.headers['authorization'], [`Bearer ${providerKey}`])
  assert.deepEqual(sent!.headers['content-type'], ['application/json'])
  const record = await lastRecord(stack)
  assert.equal(record['operation'], 'forward')
  assert.equal(record['provider'], 'openai')
  const usage = asObject(record['usage'])
  assert.equal(usage?.['input_tokens'] ?? usage?.['inputTokens'], 7)
})

test('a moderation names no model: the documented default stands for it', async (t) => {
  const { provider, stack } = await startPair(t)
  const response = await stack.post('/v1/moderations', { input: 'hello' })
  assert.equal(response.status, 200)
  assert.deepEqual(JSON.parse(provider.received[0]!.body.toString()), {
    input: 'hello',
    model: 'omni-moderation-latest',
  })
  const without = await stack.post('/v1/images/generations', { prompt: 'x' })
  assert.equal(without.status, 400)
})

test('a form is passed on byte by byte but for the value of its model', async (t) => {
  const { provider, stack } = await startPair(t)
  const audio = Buffer.from(Array.from({ length: 300_000 }, (_, i) => (i * 7) % 256))
  const form = new FormData()
  form.set('file', new Blob([audio]), 'speech "1".wav')
  form.set('model', 'openai/whisper-1')
  form.set('language', 'de')
  const response = await upload(stack, '/v1/audio/transcriptions', form)
  assert.equal(response.status, 200, await response.text())
  const { body, headers, target } = provider.received[0]!
  assert.equal(target, '/v1/audio/transcriptions')
  const type = headers['content-type']![0]!
  assert.match(type, /^multipart\/form-data; boundary=/)
  const read = await new Response(body, { headers: { 'content-type': type } }).formData()
  assert.equal(read.get('model'), 'whisper-1')
  assert.equal(read.get('language'), 'de')
  assert.deepEqual(Buffer.from(await (read.get('file') as File).arrayBuffer()), audio)
})

test('forms that two readers could understand in two ways are refused', async (t) => {
  const { provider, stack } = await startPair(t)
  const part = (name: string, value: string) =>
    `--B\r\nContent-Disposition: form-data; name="${name}"\r\n\r\n${value}\r\n`
  const forms: Record<string, string> = {
    'two models': `${part('model', 'openai/whisper-1')}${part('model', 'openai/other')}--B--\r\n`,
    'no end': part('model', 'openai/whisper-1'),
    preamble: `x\r\n${part('model', 'openai/whisper-1')}--B--\r\n`,
    epilogue: `${part('model', 'openai/whisper-1')}--B--\r\n${part('model', 'b')}`,
    'extended name': `--B\r\nContent-Disposition: form-data; name*=utf-8''model\r\n\r\na\r\n--B--\r\n`,
    'two names': `--B\r\nContent-Disposition: form-data; name="a"; name="model"\r\n\r\nb\r\n--B--\r\n`,
    'transfer encoding': `--B\r\nContent-Disposition: form-data; name="model"\r\nContent-Transfer-Encoding: base64\r\n\r\nb\r\n--B--\r\n`,
    'no model': `${part('file', 'x')}--B--\r\n`,
  }
  for (const [what, form] of Object.entries(forms)) {
    const response = await upload(
      stack,
      '/v1/audio/translations',
      Buffer.from(form),
      'multipart/form-data; boundary=B',
    )
    assert.equal(response.status, 400, what)
  }
  assert.equal(provider.received.length, 0)
})

test('an upload beyond 100 MiB is refused while it comes', async (t) => {
  const { provider, stack } = await startPair(t)
  const { status } = await new Promise<{ status: number | undefined }>((resolve, reject) => {
    const call = httpRequest(`${stack.gateway.url}/v1/audio/transcriptions`, {
      method: 'POST',
      headers: {
        authorization: `Bearer ${testKey}`,
        'content-type': 'multipart/form-data; boundary=B',
        'content-length': String(101 * 1024 * 1024),
      },
    })
    call.on('response', (response) => {
      response.resume()
      resolve({ status: response.statusCode })
      call.destroy()
    })
    call.on('error', reject)
    call.flushHeaders()
  })
  assert.equal(status, 413)
  assert.equal(provider.received.length, 0)
})

test('speech arrives while it is made, with its type, and cannot be taken for whole where it is cut', async (t) => {
  const { provider, stack } = await startPair(t)
  const gate = Promise.withResolvers<void>()
  provider.answerWith((_, response) => {
    response.writeHead(200, { 'content-type': 'audio/mpeg' })
    response.write(Buffer.from([1, 2, 3]))
    void gate.promise.then(() => response.end(Buffer.from([4, 5])))
  })
  const response = await stack.post('/v1/audio/speech', { model: 'speech', input: 'hi', voice: 'a' })
  assert.equal(response.headers.get('content-type'), 'audio/mpeg')
  assert.equal(response.headers.get('x-content-type-options'), 'nosniff')
  const reader = response.body!.getReader()
  assert.deepEqual(Buffer.from((await reader.read()).value!), Buffer.from([1, 2, 3]))
  gate.resolve()
  assert.deepEqual(Buffer.from((await reader.read()).value!), Buffer.from([4, 5]))
  assert.equal((await reader.read()).done, true)

  provider.answerWith((_, cut) => {
    cut.writeHead(200, { 'content-type': 'audio/mpeg' })
    cut.write(Buffer.from([1]), () => cut.destroy())
  })
  const broken = await stack.post('/v1/audio/speech', { model: 'speech', input: 'hi', voice: 'a' })
  await assert.rejects(broken.arrayBuffer())
  const record = await until('the record', async () => {
    const last = await lastRecord(stack)
    return last['code'] === undefined || last['code'] === null ? undefined : last
  })
  assert.equal(record['code'], 'upstream_truncated')
})

test('a failed target gives way to the next, which gets the same bytes under its own model', async (t) => {
  const { provider, other, stack } = await startPair(t)
  provider.answerWith((_, response) => response.writeHead(503).end('{"error":{"message":"busy"}}'))
  other.answerWith((_, response) => response.writeHead(200, { 'content-type': 'audio/wav' }).end('sound'))
  const response = await stack.post('/v1/audio/speech', { model: 'speech', input: 'hi', voice: 'a' })
  assert.equal(await response.text(), 'sound')
  assert.equal(response.headers.get('x-weir-attempts'), '2')
  assert.equal(provider.received.length, 1)
  assert.deepEqual(JSON.parse(other.received[0]!.body.toString()), {
    model: 'other-speech',
    input: 'hi',
    voice: 'a',
  })
})

test('a provider without the route answers 501 by itself, and gives way where another has it', async (t) => {
  const { stack, other } = await startPair(t)
  const refused = await stack.post('/v1/moderations', { model: 'claude/claude-x', input: 'a' })
  assert.equal(refused.status, 501)
  const moved = await stack.post('/v1/moderations', { model: 'mixed', input: 'a' })
  assert.equal(moved.status, 200)
  assert.equal(other.received.length, 1)
})

test("a provider's refusal is told in OpenAI's form, with Weir's code", async (t) => {
  const { provider, stack } = await startPair(t)
  provider.answerWith((_, response) =>
    response
      .writeHead(401, { 'content-type': 'application/json' })
      .end(JSON.stringify({ error: { message: `bad key ${providerKey}`, type: 'invalid_request_error' } })),
  )
  const response = await stack.post('/v1/moderations', { model: 'openai/m', input: 'a' })
  const text = await response.text()
  assert.equal(response.status, 502)
  assert.match(text, /upstream_auth/)
  assert.ok(!text.includes(providerKey))
})

test('a slow client slows the provider down instead of filling memory', async (t) => {
  const { provider, stack } = await startPair(t)
  let sent = 0
  provider.answerWith((_, response) => {
    response.writeHead(200, { 'content-type': 'audio/wav' })
    const chunk = Buffer.alloc(256 * 1024)
    const more = (): void => {
      while (sent < 64 * 1024 * 1024) {
        sent += chunk.length
        if (!response.write(chunk)) {
          response.once('drain', more)
          return
        }
      }
      response.end()
    }
    more()
  })
  const response = await new Promise<IncomingMessage>((resolve, reject) => {
    const call = httpRequest(
      `${stack.gateway.url}/v1/audio/speech`,
      { method: 'POST', headers: { authorization: `Bearer ${testKey}`, 'content-type': 'application/json' } },
      resolve,
    )
    call.on('error', reject)
    call.end(JSON.stringify({ model: 'speech', input: 'hi', voice: 'a' }))
  })
  let before = -1
  let stillFor = 0
  await until('the provider held up', () => {
    stillFor = sent === before ? stillFor + 1 : 0
    before = sent
    return stillFor > 30 || undefined
  })
  assert.ok(sent < 32 * 1024 * 1024, `${sent} bytes were sent to a client that reads none`)
  let received = 0
  for await (const chunk of response) received += (chunk as Buffer).length
  assert.equal(received, 64 * 1024 * 1024)
})

test('usage stands at the end of a large document and in events, and is recorded', async (t) => {
  const { provider, stack } = await startPair(t)
  const usage = {
    total_tokens: 12,
    input_tokens: 5,
    output_tokens: 7,
    output_tokens_details: { image_tokens: 6 },
  }
  const bodies: [string, string][] = [
    ['application/json', JSON.stringify({ data: [{ b64_json: 'A'.repeat(3_000_000) }], usage })],
    [
      'text/event-stream',
      `event: x\ndata: {"type":"a","b64_json":"AAAA"}\n\ndata: ${JSON.stringify({ type: 'done', usage })}\n\n`,
    ],
  ]
  for (const [type, body] of bodies) {
    provider.answerWith((_, response) => response.writeHead(200, { 'content-type': type }).end(body))
    const response = await stack.post('/v1/images/generations', { model: 'openai/gpt-image-1', prompt: 'a' })
    assert.equal((await response.text()).length, body.length)
    const id = response.headers.get('x-weir-request-id')!
    const record = await until('the record', async () => {
      const found = await stack.admin(`/requests/${id}`)
      return found['usage'] === undefined ? undefined : found
    })
    assert.match(JSON.stringify(record['usage']), /"(output_tokens|outputTokens)":7/, type)
  }
})
