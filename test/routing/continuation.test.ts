/** A stream that breaks within its prose is continued by the next target, where its route asks for that, and only there. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { clientNames, clients } from '../support/clients.ts'
import { sourceNames, sourceProviders } from '../support/sources.ts'
import { startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

/** Each under a name of its own, so that no breaker opens over the tests before. */
let broken = 0
const breaking = () => `fault/rst-after-3+slow-${++broken}ms`
const route = (first: string, second: string, more: JsonObject = {}) => ({
  continueBrokenStreams: true,
  breaker: { consecutiveFailures: 1000 },
  targets: [first, second],
  ...more,
})

const pairs = sourceNames.map((first, at) => [first, sourceNames[(at + 1) % sourceNames.length]!] as const)

const stack = await startStack(
  { after },
  {
    config: (simulatorUrl) => ({
      providers: sourceProviders((path) => simulatorUrl + path),
      routes: {
        ...Object.fromEntries(
          pairs.map(([first, second]) => [
            `after-${first}`,
            route(`${first}/${breaking()}`, `${second}/words-3`),
          ]),
        ),
        plain: { targets: [`openai-chat/${breaking()}`, 'gemini/words-3'] },
        json: route('openai-chat/json', 'gemini/words-3'),
        tools: route(`openai-chat/fault/tool-cut+rst-after-1+slow-2ms`, 'gemini/words-3'),
        twice: route(`openai-chat/${breaking()}`, `gemini/${breaking()}`, {
          targets: [`openai-chat/${breaking()}`, `gemini/${breaking()}`, 'anthropic-messages/words-3'],
        }),
        dead: route(`openai-chat/${breaking()}`, 'gemini/fault/http-503', {
          targets: [`openai-chat/${breaking()}`, 'gemini/fault/http-503', 'anthropic-messages/words-3'],
        }),
        alone: { continueBrokenStreams: true, targets: [`openai-chat/${breaking()}`] },
        refusing: route(`openai-chat/${breaking()}`, 'gemini/fault/http-503'),
        calling: route(`openai-chat/${breaking()}`, 'anthropic-messages/tools'),
      },
    }),
  },
)

const words = 'the river carries what the gate lets through and a weir measures it'
let made = 0

async function ask(model: string, client: keyof typeof clients = 'openai-chat', more: JsonObject = {}) {
  const { path, body, readStream } = clients[client]
  const text = `case-${++made}- ${words}`
  const asked = { model, text, stream: true, maxTokens: 500 }
  const response = await stack.post(path(asked), { ...body(asked), ...more })
  const raw = await response.text()
  const record = await until('the record', async () => {
    const found = await stack.admin(`/requests/${response.headers.get('x-weir-request-id')}`)
    return found['error'] === undefined ? found : undefined
  })
  const attempts = asArray(record['attempts']).map((each) => asObject(each) ?? {})
  const receipts = stack.simulator.receipts().filter((each) => JSON.stringify(each.body).includes(text))
  return { text, raw, response, reading: readStream(raw), record, attempts, receipts }
}

const codesOf = (attempts: readonly JsonObject[]) => attempts.map((each) => each['code'])
const added = 'river stone water'

for (const client of clientNames) {
  test(`${client} reads one whole answer of two targets`, async () => {
    for (const [first, second] of pairs) {
      const { text, reading, raw, record, attempts, receipts } = await ask(`after-${first}`, client)
      const where = `${first} then ${second}: ${raw}`
      assert.deepEqual(
        [reading.garbled, reading.error, reading.isFinished],
        [undefined, undefined, true],
        where,
      )
      const sent = reading.text.slice(0, -added.length)
      assert.equal(reading.text, sent + added, where)
      assert.ok(sent !== '' && text.startsWith(sent) && sent.length < text.length, where)
      if (client === 'openai-chat') assert.ok(reading.isClosed, where)
      assert.equal(raw.includes(`: weir-continued ${second}/words-3\n\n`), client !== 'gemini-array', where)
      // Both are in the record, and the provider of the end is the request's.
      assert.deepEqual(codesOf(attempts), ['upstream_truncated', undefined], where)
      assert.deepEqual([attempts[0]!['continues'], attempts[1]!['continues']], [undefined, true], where)
      assert.deepEqual(
        [record['status'], record['code'], record['provider']],
        [200, undefined, second],
        where,
      )
      assert.equal(receipts.length, 2, where)
      assert.ok(JSON.stringify(receipts[1]!.body).includes('was cut off'), where)
      assert.ok(JSON.stringify(receipts[1]!.body).includes(sent.trimEnd()), where)
    }
  })
}

test('usage that the client is told is that of both, as far as it is known', async () => {
  const { raw, attempts } = await ask('after-anthropic-messages', 'anthropic-messages')
  const told = /"message_delta".*"input_tokens":(\d+)/.exec(raw)?.[1]
  const sum = attempts.reduce((all, each) => all + Number(asObject(each['usage'])?.['input_tokens'] ?? 0), 0)
  assert.equal(Number(told), sum)
  assert.ok(attempts.every((each) => each['usage'] !== undefined))
})

test('a kept response holds the whole of it', async () => {
  const { raw } = await ask('after-openai-responses', 'openai-responses', { store: true })
  const id = /"id":"(resp[^"]*)"/.exec(raw)?.[1]
  const headers = { authorization: 'Bearer test-key-of-16-characters' }
  const kept = await fetch(`${stack.gateway.url}/v1/responses/${id}`, { headers })
  const answer = await kept.text()
  assert.ok(answer.includes(added), answer)
})

test('without the setting the failure is told', async () => {
  const { reading, attempts } = await ask('plain')
  assert.equal(reading.error?.code, 'upstream_truncated')
  assert.deepEqual(codesOf(attempts), ['upstream_truncated'])
})

test('JSON, several choices and token probabilities are never continued', async () => {
  const format = { type: 'json_object' } as const
  for (const more of [{ response_format: format }, { n: 2 }, { logprobs: true }]) {
    const { reading, attempts } = await ask('after-openai-chat', 'openai-chat', more)
    assert.equal(reading.isFinished, false, JSON.stringify(more))
    assert.deepEqual(codesOf(attempts), ['upstream_truncated'], JSON.stringify(more))
  }
})

test('after the beginning of a tool call the failure is told', async () => {
  const tool = {
    type: 'function',
    function: { name: 'find', parameters: { type: 'object', properties: {} } },
  }
  const more = { tools: [tool], tool_choice: 'required' }
  const { reading, attempts } = await ask('tools', 'openai-chat', more)
  assert.equal(reading.error?.code, 'upstream_truncated')
  assert.equal(attempts.length, 1)
})

test('a continuation may call a tool: the text before it ends', async () => {
  const tool = { name: 'find', input_schema: { type: 'object', properties: {} } }
  const { raw, attempts, reading } = await ask('calling', 'anthropic-messages', { tools: [tool] })
  assert.deepEqual(codesOf(attempts), ['upstream_truncated', undefined])
  assert.equal(reading.isFinished, true, raw)
  const types = raw.split('\n').flatMap((line) => /^event: (content_block_st\w+)/.exec(line)?.[1] ?? [])
  assert.deepEqual(types.slice(0, 4), [
    'content_block_start',
    'content_block_stop',
    'content_block_start',
    'content_block_stop',
  ])
})

test('one switch: a continuation that breaks as well is told', async () => {
  const { reading, attempts } = await ask('twice')
  assert.equal(reading.error?.code, 'upstream_truncated')
  assert.equal(reading.isFinished, false)
  assert.deepEqual(codesOf(attempts), ['upstream_truncated', 'upstream_truncated'])
})

test('a target that fails before its first word is no switch', async () => {
  const { text, reading, attempts } = await ask('dead')
  assert.deepEqual(codesOf(attempts), ['upstream_truncated', 'upstream_overloaded', undefined])
  assert.equal(reading.isFinished, true)
  assert.ok(reading.text.endsWith(added) && text.startsWith(reading.text.slice(0, -added.length)))
})

test('where no target can go on, the client is told what broke the stream', async () => {
  for (const [model, codes] of [
    ['alone', ['upstream_truncated']],
    ['refusing', ['upstream_truncated', 'upstream_overloaded']],
  ] as const) {
    const { reading, attempts, record, response } = await ask(model)
    assert.equal(response.status, 200)
    assert.equal(reading.error?.code, 'upstream_truncated', model)
    assert.deepEqual(codesOf(attempts), codes)
    assert.equal(record['code'], codes.at(-1))
  }
})
