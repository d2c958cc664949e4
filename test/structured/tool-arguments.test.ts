import assert from 'node:assert/strict'
import test, { after, before } from 'node:test'
import type { JsonObject } from '../../src/core/json.ts'
import { asArray, asObject } from '../../src/core/json.ts'
import { type Stack, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'
import { personSchema, providersOf } from './shapes.ts'

let stack: Stack
let end: () => Promise<void>

before(async () => {
  stack = await startStack(
    { after: (close) => (end = close) },
    {
      config: (url) => ({
        providers: providersOf(url),
        routes: Object.fromEntries(
          (['off', 'report', 'enforce'] as const).flatMap((toolArguments) =>
            ['once', 'always'].map((how) => [
              `${toolArguments}-${how}`,
              {
                targets: [`claude/fault/tools+breaks-required${how === 'once' ? '@1' : ''}`],
                structured: { toolArguments },
              },
            ]),
          ),
        ),
      }),
    },
  )
})
after(() => end())

const tool = { type: 'function', function: { name: 'save_person', parameters: personSchema } }

async function call(route: string, stream = false, tools: JsonObject[] = [tool]): Promise<Response> {
  stack.simulator.reset()
  return stack.post('/v1/chat/completions', {
    model: route,
    stream,
    messages: [{ role: 'user', content: 'Save it.' }],
    tools,
    tool_choice: 'required',
  })
}

async function argumentsOf(response: Response): Promise<JsonObject> {
  const [choice] = asArray(((await response.json()) as JsonObject)['choices'])
  const [made] = asArray(asObject(asObject(choice)?.['message'])?.['tool_calls'])
  return JSON.parse(String(asObject(asObject(made)?.['function'])?.['arguments'])) as JsonObject
}

test('off: arguments are not looked at', async () => {
  const response = await call('off-always')
  assert.equal(response.headers.get('x-weir-contract'), null)
  assert.equal((await argumentsOf(response))['name'], undefined)
})

test('report: the fault is in the header and the record, and the call is passed on', async () => {
  const response = await call('report-always')
  assert.equal(response.status, 200)
  assert.equal(response.headers.get('x-weir-contract'), 'tools, tool-faults')
  assert.equal((await argumentsOf(response))['name'], undefined)
  const record = await until('the request record', async () => {
    const found = await stack.admin(`/requests/${response.headers.get('x-weir-request-id')}`)
    return found['attempts'] === undefined ? undefined : found
  })
  assert.equal(
    asObject(asArray(record['attempts'])[0])?.['contract'],
    'tools: not-asked; tool calls: 1 faults',
  )
})

test('enforce: the model is asked again, streamed or not, and then the caller is told', async () => {
  const mended = await call('enforce-once')
  assert.equal(mended.headers.get('x-weir-contract'), 'tools, reasked')
  assert.equal((await argumentsOf(mended))['name'], 'text')
  const streamed = await (await call('enforce-once', true)).text()
  assert.match(streamed, /save_person/)
  assert.match(streamed, /"finish_reason":"tool_calls"/)
  assert.equal(streamed.match(/save_person/g)?.length, 1, 'nothing of the first call was sent')
  const failed = await call('enforce-always')
  assert.equal(failed.status, 502)
  const error = asObject(((await failed.json()) as JsonObject)['error'])
  assert.equal(error?.['code'], 'contract_unsatisfied')
  assert.match(String(error?.['message']), /save_person \/: must have required property 'name'/)
})

test('enforce: a hostile tool schema is a 400 with its place', async () => {
  const hostile = { type: 'function', function: { name: 'f', parameters: { $ref: 'https://example.com/' } } }
  const response = await call('enforce-once', false, [tool, hostile])
  assert.equal(response.status, 400)
  assert.equal(asObject(((await response.json()) as JsonObject)['error'])?.['param'], 'tools[1]/$ref')
  assert.equal(stack.simulator.receipts().length, 0)
})
