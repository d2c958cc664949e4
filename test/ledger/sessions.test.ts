/** Sessions are listed by what they cost; each shows of what its prompts consist, turn by turn, and where their growth comes from. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asNumber, asObject, type Json, type JsonObject } from '../../src/core/json.ts'
import { asOwner, createPerson } from '../support/people.ts'
import { startStack } from '../support/stack.ts'

const stack = await startStack(
  { after },
  {
    config: {
      models: {
        'openai/*': { price: { input: 1, output: 4 } },
        'claude/*': { price: { input: 3, output: 15 } },
      },
    },
  },
)

const system = 'You know all of the river. '.repeat(20)
const found = 'The weir is low and long. '.repeat(40)

async function turnsOf(session: string): Promise<JsonObject[]> {
  const { turns } = await stack.admin(`/sessions/${session}`)
  return asArray(turns).map((turn) => asObject(turn)!)
}

const estimate = (turn: JsonObject, part: string) => asNumber(asObject(turn['input_estimate'])?.[part])!

async function talk(session: string, path: string, turns: readonly JsonObject[]): Promise<JsonObject[]> {
  for (const body of turns) {
    const response = await stack.post(path, body, { 'x-weir-session': session })
    assert.equal(response.status, 200, await response.text())
  }
  return turnsOf(session)
}

const tool = {
  type: 'function',
  function: {
    name: 'measure',
    description: 'How high the water is. '.repeat(30),
    parameters: { type: 'object' },
  },
}

test('history grows by each turn, and what was retrieved is told apart from it', async () => {
  const asked: Json[] = [
    { role: 'system', content: system },
    { role: 'user', content: 'How high?' },
  ]
  const called: Json[] = [
    ...asked,
    {
      role: 'assistant',
      content: null,
      tool_calls: [{ id: 'c1', type: 'function', function: { name: 'measure', arguments: '{}' } }],
    },
    { role: 'tool', tool_call_id: 'c1', content: found },
  ]
  const marked: Json[] = [
    ...called,
    { role: 'assistant', content: 'Low.' },
    {
      role: 'user',
      content: [
        { type: 'text', text: `<context>${found}${found}</context>` },
        { type: 'text', text: 'And now?' },
      ],
    },
  ]
  const model = 'openai/echo'
  const turns = await talk('river', '/v1/chat/completions', [
    { model, messages: asked },
    { model, messages: called, tools: [tool] },
    { model, messages: marked, tools: [tool] },
  ])
  assert.equal(turns.length, 3)
  for (const turn of turns) {
    const parts = ['system', 'history', 'tools', 'retrieved', 'new_turn'].map((part) => estimate(turn, part))
    assert.equal(
      parts.reduce((sum, part) => sum + part, 0),
      turn['input_tokens'],
    )
    assert.ok(estimate(turn, 'system') > 50)
  }
  const grows = (part: string) => turns.map((turn) => estimate(turn, part))
  const [history, tools, retrieved] = [grows('history'), grows('tools'), grows('retrieved')] as number[][]
  assert.ok(history![0] === 0 && history![1]! > 0 && history![2]! > history![1]!, String(history))
  assert.ok(tools![0] === 0 && tools![1]! > 50, String(tools))
  assert.ok(
    retrieved![0] === 0 && retrieved![1]! > 100 && retrieved![2]! > 2 * retrieved![1]!,
    String(retrieved),
  )
})

test("Anthropic's form: the system prompt and tool results have their places", async () => {
  const [turn] = await talk('brook', '/v1/messages', [
    {
      model: 'claude/echo',
      max_tokens: 50,
      system,
      messages: [
        { role: 'user', content: 'How high?' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 't1', name: 'measure', input: {} }] },
        { role: 'user', content: [{ type: 'tool_result', tool_use_id: 't1', content: found }] },
      ],
      tools: [{ name: 'measure', input_schema: { type: 'object' } }],
    },
  ])
  assert.ok(estimate(turn!, 'system') > 50)
  assert.ok(estimate(turn!, 'retrieved') > 100)
  assert.ok(estimate(turn!, 'history') > 0 && estimate(turn!, 'new_turn') < 20)
})

test('the list has the dearest first, with its last prompt and what each turn adds; a team sees its own', async () => {
  const owner = asOwner(stack)
  const { body: team } = await owner('POST', '/teams', { name: 'Delta', markup_percent: 0 })
  const { body: key } = await owner('POST', '/keys', { name: 'delta', team: team['id']! })
  const words = 'and then the water rose '
  const say = async (session: string, count: number, headers: Record<string, string> = {}) => {
    const messages = [{ role: 'user', content: words.repeat(count) }]
    const response = await stack.post(
      '/v1/chat/completions',
      { model: 'openai/echo', messages },
      { 'x-weir-session': session, 'x-weir-user': 'ada', ...headers },
    )
    assert.equal(response.status, 200, await response.text())
  }
  const ofDelta = { authorization: `Bearer ${String(key['secret'])}` }
  for (const count of [100, 200, 300]) await say('flood', count)
  await say('flood', 2, ofDelta)
  await say('ebb', 1, ofDelta)
  const list = async (query: string, call = owner) => {
    const { status, body } = await call('GET', `/sessions${query}`)
    assert.equal(status, 200, JSON.stringify(body))
    return { rows: asArray(body['data']).map((row) => asObject(row)!), next: body['next_cursor'] }
  }
  const { rows } = await list('?session=flood,ebb')
  assert.deepEqual(
    rows.map((row) => [row['id'], row['turns'], row['user']]),
    [
      ['flood', 4, 'ada'],
      ['ebb', 1, 'ada'],
    ],
  )
  const turns = await turnsOf('flood')
  const prompts = turns.map((turn) => asNumber(turn['input_tokens'])!)
  const [flood, ebb] = rows as [JsonObject, JsonObject]
  assert.equal(flood['last_prompt_tokens'], prompts.at(-1))
  assert.equal(flood['growth_tokens'], (prompts.at(-1)! - prompts[0]!) / 3)
  assert.equal(flood['last_at'], turns.at(-1)!['at'])
  assert.equal(ebb['growth_tokens'], undefined)
  const first = await list('?session=flood,ebb&limit=1')
  assert.equal(first.rows[0]!['id'], 'flood')
  const second = await list(`?session=flood,ebb&limit=1&cursor=${String(first.next)}`)
  assert.deepEqual([second.rows[0]!['id'], second.next], ['ebb', undefined])
  const viewer = await createPerson(stack, 'Delta-viewer', [{ role: 'viewer', team: String(team['id']) }])
  const seen = await list('', viewer.call)
  assert.deepEqual(
    seen.rows.map((row) => [row['id'], row['turns'], row['last_prompt_tokens']]),
    [
      ['flood', 1, prompts.at(-1)],
      ['ebb', 1, ebb['last_prompt_tokens']],
    ],
  )
})
