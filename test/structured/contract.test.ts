import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { JsonObject } from '../../src/core/json.ts'
import { breakageNames } from '../../src/simulator/breakage.ts'
import { startScriptedProvider } from '../support/scripted-provider.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { assertPerson, clients, providersOf, targets } from './shapes.ts'

let stack: Stack
let end: () => Promise<void>

before(async () => {
  stack = await startStack(
    { after: (close) => (end = close) },
    {
      config: (url) => ({
        providers: providersOf(url),
        routes: {
          backup: { targets: ['openai-json/fault/breaks-enum', 'claude-tool/json'] },
          alone: { targets: ['openai/fault/breaks-type'], structured: { reasks: 2 } },
          unchecked: { targets: ['openai/fault/breaks-type'], structured: { check: false } },
          unmended: { targets: ['openai/fault/breaks-fence@1'], structured: { repair: 'syntax', reasks: 0 } },
          raw: { targets: ['openai/fault/breaks-fence@1'], structured: { repair: 'none' } },
        },
      }),
    },
  )
})
after(() => end())

const chat = clients[0]!

/** The record of an answered request, once it is written. */
function recordOf({ headers }: Response): Promise<JsonObject> {
  return until('the request record', async () => {
    const record = await stack.admin(`/requests/${headers.get('x-weir-request-id')}`)
    return record['attempts'] === undefined ? undefined : record
  })
}

async function ask(model: string, headers?: Record<string, string>, more?: JsonObject): Promise<Response> {
  return stack.post(chat.path(model, false), { ...chat.body(model, false), ...more }, headers)
}

for (const client of clients) {
  for (const stream of [false, true]) {
    test(`${client.name}, ${stream ? 'streamed' : 'whole'}: every kind of target gives a valid answer`, async () => {
      for (const target of targets) {
        const model = `${target}/json`
        const response = await stack.post(client.path(model, stream), client.body(model, stream))
        const body = await response.text()
        assert.equal(response.status, 200, `${target}: ${body}`)
        assertPerson(client.text(body, stream))
        const mode = /-(tool|json|words)$/.exec(target)?.[1]?.replace('words', 'instructions') ?? 'native'
        const words = response.headers.get('x-weir-contract')
        assert.equal(words, stream ? `${mode}, streaming` : mode, target)
        assert.equal(response.headers.get('x-weir-attempts'), '1', target)
      }
    })
  }

  test(`${client.name}: what is broken once is mended, or asked again`, async () => {
    for (const stream of [false, true]) {
      for (const way of breakageNames) {
        if (way === 'refusal' || way === 'truncated') continue
        for (const target of ['openai', 'claude-tool', 'google-words']) {
          stack.simulator.reset()
          const model = `${target}/fault/breaks-${way}@1`
          const response = await stack.post(client.path(model, stream), client.body(model, stream), {
            'x-weir-strict': '1',
          })
          const body = await response.text()
          assert.equal(response.status, 200, `${target} ${way}: ${body}`)
          assertPerson(client.text(body, stream))
          assert.match(response.headers.get('x-weir-contract') ?? '', /repaired|reasked/, `${target} ${way}`)
        }
      }
    }
  })
}

test('a streamed answer that goes wrong after it began ends in an error of the dialect', async () => {
  for (const client of clients) {
    const model = 'openai/fault/breaks-enum'
    const response = await stack.post(client.path(model, true), client.body(model, true))
    assert.equal(response.status, 200)
    const body = await response.text()
    assert.match(body, /contract_unsatisfied|does not satisfy the schema/, client.name)
    assert.doesNotMatch(body, /\[DONE\]|message_stop|response\.completed/, client.name)
  }
})

test('an answer that cannot become valid is stopped before anything is sent, and asked again', async () => {
  stack.simulator.reset()
  const model = 'openai/fault/breaks-type@1'
  const response = await stack.post(chat.path(model, true), chat.body(model, true))
  const body = await response.text()
  assertPerson(chat.text(body, true))
  assert.equal(response.headers.get('x-weir-contract'), 'native, reasked, streaming')
  assert.equal(response.headers.get('x-weir-attempts'), '2')
})

test('text around a streamed answer, and a comma too many, are left out as it goes', async () => {
  for (const way of ['fence', 'prose', 'comma', 'extra', 'quotes']) {
    const model = `openai/fault/breaks-${way}`
    const response = await stack.post(chat.path(model, true), chat.body(model, true))
    assertPerson(chat.text(await response.text(), true))
    assert.equal(response.headers.get('x-weir-attempts'), '1', way)
  }
})

test('the next target is tried where one keeps breaking it; each attempt is recorded', async () => {
  const response = await ask('backup')
  assertPerson(chat.text(await response.text(), false))
  assert.equal(response.headers.get('x-weir-contract'), 'tool, reasked, moved')
  assert.equal(response.headers.get('x-weir-attempts'), '3')
  const record = await recordOf(response)
  assert.equal(record['contract'], 'tool, reasked, moved')
  const attempts = record['attempts'] as JsonObject[]
  assert.deepEqual(
    attempts.map(({ provider, code, contract }) => [provider, code, contract]),
    [
      ['openai-json', 'contract_unsatisfied', 'json: invalid'],
      ['openai-json', 'contract_unsatisfied', 'json: invalid'],
      ['claude-tool', undefined, 'tool: valid'],
    ],
  )
  assert.ok(attempts.every(({ usage }) => usage !== undefined))
})

test('a typed error names the faults and holds the last text; the record holds none of it', async () => {
  stack.simulator.reset()
  const response = await ask('alone')
  assert.equal(response.status, 502)
  const error = chat.error(await response.text())
  assert.equal(error['code'], 'contract_unsatisfied')
  const { kind, errors, text } = error['contract'] as JsonObject
  assert.equal(kind, 'invalid')
  assert.match(String(errors), /\/name: must be string/)
  assert.match(String(text), /"name":\{"value"/)
  assert.equal(response.headers.get('x-weir-contract'), 'native, reasked, unsatisfied')
  assert.equal(stack.simulator.receipts().length, 3)
  const record = await recordOf(response)
  assert.doesNotMatch(JSON.stringify(record), /"value/)
})

test('a refusal and the output limit are told as such, and not asked again', async () => {
  for (const [model, kind] of [
    ['openai-json/fault/breaks-refusal', 'refusal'],
    ['openai-json/fault/breaks-truncated', 'length'],
  ] as const) {
    stack.simulator.reset()
    const response = await ask(model)
    assert.equal(response.status, 502)
    const error = chat.error(await response.text())
    assert.equal((error['contract'] as JsonObject)['kind'], kind)
    assert.equal(stack.simulator.receipts().length, 1)
  }
})

test("a refusal in the provider's own form is passed on as one", async () => {
  const response = await ask('openai/refuses')
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('x-weir-contract'), 'native, refused')
  assert.match(await response.text(), /"refusal":"I'm sorry/)
})

test('a route may turn the check off, or mending', async () => {
  const unchecked = await ask('unchecked')
  assert.equal(unchecked.status, 200)
  assert.equal(unchecked.headers.get('x-weir-contract'), null)
  stack.simulator.reset()
  assert.equal((await ask('unmended')).headers.get('x-weir-contract'), 'native, repaired')
  stack.simulator.reset()
  assert.equal((await ask('raw')).headers.get('x-weir-contract'), 'native, reasked')
})

test('a hostile schema is refused with its place, before any provider is asked', async () => {
  stack.simulator.reset()
  const deep = Array.from({ length: 60 }).reduce<JsonObject>((inner) => ({ type: 'array', items: inner }), {
    type: 'string',
  })
  for (const [schema, param] of [
    [{ type: 'object', properties: { a: { $ref: 'https://example.com/s.json' } } }, '/properties/a/$ref'],
    [{ type: 'object', properties: { a: { $ref: '#/$defs/none' } } }, '/properties/a/$ref'],
    [{ $ref: '#' }, ''],
    [{ type: 'object', properties: { a: { pattern: '(' } } }, '/properties/a/pattern'],
    [{ type: 'object', properties: { a: { pattern: '^(a+)+$' } } }, '/properties/a/pattern'],
    [{ type: 'nonsense' }, ''],
    [deep, '/items'.repeat(48)],
  ] as const) {
    for (const client of clients) {
      const response = await stack.post(
        client.path('openai/json', false),
        client.body('openai/json', false, schema),
      )
      const body = await response.text()
      // The body itself may be nested too deeply.
      assert.ok(response.status === 400 || response.status === 413, body)
      if (client.name !== 'openai-chat' || response.status === 413) continue
      const error = client.error(body)
      assert.equal(error['code'], 'invalid_request')
      assert.equal(error['param'], `response_format.json_schema.schema${param}`)
    }
  }
  assert.equal(stack.simulator.receipts().length, 0)
})

test('a provider that refuses a way of asking is asked in the next one', async (t) => {
  const provider = await startScriptedProvider(t)
  provider.answerWith(({ body }, response) => {
    const { response_format: format, tools } = JSON.parse(body.toString()) as JsonObject
    const refused = tools ? 'tool_choice is not supported' : format && 'response_format is not supported'
    if (refused) {
      response.writeHead(400, { 'content-type': 'application/json' })
      response.end(JSON.stringify({ error: { message: refused, type: 'invalid_request_error' } }))
      return
    }
    const message = { role: 'assistant', content: '{"city":"Bern"}' }
    const choices = [{ index: 0, message, finish_reason: 'stop' }]
    response.writeHead(200, { 'content-type': 'application/json' })
    response.end(JSON.stringify({ id: 'x', object: 'chat.completion', created: 1, model: 'm', choices }))
  })
  const own = await startStack(t, {
    config: {
      providers: {
        local: {
          type: 'openai-compatible',
          apiKey: 'env:PROVIDER_KEY',
          baseUrl: `${provider.url}/v1`,
          allowPrivateNetwork: true,
        },
      },
    },
  })
  const schema = { type: 'object', properties: { city: { type: 'string' } }, required: ['city'] }
  const response = await own.post(chat.path('', false), chat.body('local/m', false, schema))
  const body = await response.text()
  assert.equal(response.status, 200, body)
  assert.equal(chat.text(body, false), '{"city":"Bern"}')
  assert.equal(response.headers.get('x-weir-contract'), 'instructions')
  assert.equal(provider.received.length, 4)
})

test('a kept conversation holds what the client said, not what its target was told', async () => {
  const [, responses] = clients
  const kept = { ...responses!.body('openai-words/json', false), store: true }
  const first = (await (await stack.post('/v1/responses', kept)).json()) as JsonObject
  stack.simulator.reset()
  const next = { model: 'claude/echo', input: 'And then?', previous_response_id: first['id'] }
  assert.equal((await stack.post('/v1/responses', next)).status, 200)
  const [receipt] = stack.simulator.receipts()
  assert.match(JSON.stringify(receipt!.body), /Who is it\?/)
  assert.doesNotMatch(JSON.stringify(receipt!.body), /JSON Schema/)
})

test('a tool may be called in place of an answer where it was offered, and only there', async () => {
  const tools = [{ type: 'function', function: { name: 'look_up', parameters: { type: 'object' } } }]
  const called = await ask('openai/tools', {}, { tools })
  assert.equal(called.status, 200)
  assert.match(await called.text(), /look_up/)
  const streamed = await stack.post('/v1/chat/completions', { ...chat.body('openai/tools', true), tools })
  assert.match(await streamed.text(), /"finish_reason":"tool_calls"/)
  // With its result the model answers by the schema.
  const answered = await ask('openai/json', {}, { tools, tool_choice: 'none' })
  assertPerson(chat.text(await answered.text(), false))
})

test('each time a target is asked is a line of the ledger, with what its provider bills', async () => {
  for (const stream of [false, true]) {
    stack.simulator.reset()
    const body = { ...chat.body('backup', stream) }
    const response = await stack.post(chat.path('', stream), body, { 'x-weir-strict': '1' })
    assertPerson(chat.text(await response.text(), stream))
    const receipts = stack.simulator.receipts()
    const lines = await until('the lines', async () => {
      const id = response.headers.get('x-weir-request-id')
      const { data } = (await stack.admin(`/ledger?request=${id}`)) as { data: JsonObject[] }
      return data.length === receipts.length ? data : undefined
    })
    const byAttempt = lines.toSorted((a, b) => Number(a['attempt']) - Number(b['attempt']))
    assert.deepEqual(
      byAttempt.map(({ attempt, provider, input_tokens, output_tokens, usage_source }) => [
        attempt,
        provider,
        input_tokens,
        output_tokens,
        usage_source,
      ]),
      receipts.map(({ billed }, at) => [
        at + 1,
        at < 2 ? 'openai-json' : 'claude-tool',
        billed!.inputTokens,
        billed!.outputTokens,
        'provider',
      ]),
    )
  }
})
