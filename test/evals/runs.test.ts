/** Runs through the administration API of a gateway: faults, limits, conversations, judges, planned looks. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { adminToken, type Stack, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

interface Run {
  readonly id: string
  readonly status: string
  readonly verdict: string | undefined
  readonly reason: string
  readonly report: JsonObject
  readonly rows: readonly JsonObject[]
}

async function send(
  stack: Stack,
  path: string,
  body: JsonObject,
): Promise<{ status: number; body: JsonObject }> {
  const response = await fetch(`${stack.gateway.url}/admin/v1${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${adminToken}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  })
  return { status: response.status, body: (await response.json()) as JsonObject }
}

async function finish(stack: Stack, id: string): Promise<Run> {
  const run = await until(
    'the end of the run',
    async () => {
      const found = await stack.admin(`/evals/${id}`)
      return found['status'] === 'running' ? undefined : found
    },
    30_000,
  )
  const rows = asArray((await stack.admin(`/evals/${id}/rows?limit=1000`))['data'])
  return {
    id,
    status: String(run['status']),
    verdict: run['verdict'] as string | undefined,
    reason: String(run['reason']),
    report: asObject(run['report'])!,
    rows: rows.map((row) => asObject(row)!),
  }
}

async function run(stack: Stack, suite: JsonObject, options: JsonObject = {}): Promise<Run> {
  const files = { 'suite.yaml': JSON.stringify(suite) }
  const started = await send(stack, '/evals', { entry: 'suite.yaml', files, ...options })
  assert.equal(started.status, 201, JSON.stringify(started.body))
  return finish(stack, String(started.body['id']))
}

/** `n` cases that the model `echo` passes. */
function echoes(n: number, more: JsonObject = {}): JsonObject {
  return {
    name: 'echoes',
    prompts: ['{{q}}'],
    candidate: 'openai/echo',
    tests: Array.from({ length: n }, (_, index) => ({
      id: `case-${index}`,
      vars: { q: `question number ${index}.` },
      assert: [{ type: 'contains', value: `number ${index}.` }],
    })),
    ...more,
  }
}

const priced = { models: { 'openai/*': { price: { input: 1, output: 2 } } } }
const withStatus = ({ rows }: Run, status: string) => rows.filter((row) => row['status'] === status)

test('faults are told apart from wrong answers, and a resumed run asks them again', async (t) => {
  const stack = await startStack(t)
  const first = await run(stack, echoes(30), { candidate: 'openai/fault/http-400@10', concurrency: 1 })
  assert.equal(first.verdict, 'inconclusive')
  assert.equal(withStatus(first, 'error').length, 10)
  assert.ok(
    withStatus(first, 'error').every((row) => asObject(row['error'])?.['code'] === 'upstream_rejected'),
  )
  assert.equal(withStatus(first, 'graded').filter((row) => row['pass'] !== true).length, 0)
  const calls = stack.simulator.receipts().length
  const again = await send(stack, `/evals/${first.id}/resume`, { retry_errors: true })
  assert.equal(again.status, 200)
  const second = await finish(stack, first.id)
  assert.equal(second.verdict, 'pass')
  assert.equal(second.rows.length, 30)
  assert.equal(stack.simulator.receipts().length - calls, 10)
})

test('faults that may pass are tried again, with the pause that the provider asks for', async (t) => {
  const stack = await startStack(t)
  const result = await run(stack, echoes(10), { candidate: 'openai/fault/http-429@3', concurrency: 2 })
  assert.equal(result.verdict, 'pass', result.reason)
})

test('a run stops before it costs more than it may, and does not gate', async (t) => {
  const stack = await startStack(t, { config: priced })
  const result = await run(stack, echoes(100, { baseline: 'openai/echo' }), {
    max_usd: '0.001',
    concurrency: 2,
  })
  const spent = result.rows.reduce((sum, row) => sum + Number(row['costUsd']), 0)
  assert.ok(result.rows.length > 5 && result.rows.length < 200)
  assert.ok(spent > 0.0005 && spent <= 0.001, `${spent} USD`)
  assert.deepEqual([result.verdict, result.reason], ['inconclusive', 'the run reached --max-usd'])
})

test('conversations keep the real replies; tools are offered, graded and answered', async (t) => {
  const stack = await startStack(t)
  const contains = (value: string) => ({ assistant: { assert: [{ type: 'contains', value }] } })
  const turns = await run(stack, {
    candidate: 'openai/echo',
    tests: [
      {
        id: 'turns',
        turns: [{ user: 'first words' }, contains('first'), { user: 'second words' }, contains('second')],
      },
    ],
  })
  assert.equal(turns.verdict, 'pass', JSON.stringify(turns.rows))
  assert.equal(asArray(turns.rows[0]!['replies']).length, 2)
  const parameters = { type: 'object', properties: { q: { type: 'string' } }, required: ['q'] }
  const tools = [{ type: 'function', function: { name: 'find', parameters } }]
  const called = await run(stack, {
    candidate: 'openai/tools',
    params: { tools },
    tests: [
      {
        id: 'calls',
        turns: [
          { user: 'find it' },
          { assistant: { assert: [{ type: 'is-valid-openai-tools-call' }] } },
          { tool: { name: 'find', result: 'found' } },
        ],
        assert: [
          { type: 'trajectory', value: ['find'] },
          { type: 'finish-reason', value: 'stop' },
        ],
      },
    ],
  })
  assert.equal(called.verdict, 'pass', JSON.stringify(called.rows))
})

test('structured output is asked for and graded', async (t) => {
  const stack = await startStack(t)
  const schema = {
    type: 'object',
    properties: { total: { type: 'number' } },
    required: ['total'],
    additionalProperties: false,
  }
  const result = await run(stack, {
    candidate: 'openai/json',
    params: { response_format: { type: 'json_schema', json_schema: { name: 'bill', schema, strict: true } } },
    tests: [{ id: 'json', turns: [{ user: 'the bill' }], assert: [{ type: 'is-json', value: schema }] }],
  })
  assert.equal(result.verdict, 'pass', JSON.stringify(result.rows))
})

test('a judge that talks nonsense is a fault that is flagged, and its cost is told apart', async (t) => {
  const stack = await startStack(t, { config: priced })
  const result = await run(
    stack,
    echoes(3, {
      judge: { target: 'openai/words-4' },
      defaultTest: { assert: [{ type: 'llm-rubric', value: 'is polite' }] },
    }),
  )
  assert.equal(result.verdict, 'inconclusive')
  assert.ok(result.rows.every((row) => asObject(row['error'])?.['code'] === 'grader:llm-rubric'))
  assert.ok(result.rows.every((row) => Number(row['gradingUsd']) > 0))
  // One answer, and two tries of the judge.
  assert.equal(stack.simulator.receipts().length, 9)
})

test('the evidence stops a run that plans for it, and a second look asks more repeats', async (t) => {
  const stack = await startStack(t)
  const early = await run(
    stack,
    echoes(300, { candidate: 'openai/words-3', baseline: 'openai/echo', gate: { earlyStop: true } }),
    { concurrency: 8 },
  )
  assert.equal(early.verdict, 'fail')
  assert.ok(early.rows.length < 200, `${early.rows.length} rows`)
  const longer = await run(
    stack,
    echoes(30, { baseline: 'openai/echo', gate: { onInconclusive: { extend: { repeat: 2 } } } }),
    { concurrency: 8 },
  )
  assert.equal(longer.rows.length, 30 * 2 * 2)
  assert.equal(longer.report['alpha'], 0.025)
})

test('what cannot run is refused with its reason', async (t) => {
  const stack = await startStack(t)
  const start = (body: JsonObject) => send(stack, '/evals', body)
  const messageOf = ({ body }: { body: JsonObject }) => String(asObject(body['error'])?.['message'])
  const bad = await start({ entry: 'suite.yaml', files: { 'suite.yaml': 'tests: [{id: a, asert: []}]' } })
  assert.equal(bad.status, 400)
  assert.match(messageOf(bad), /suite\.yaml:1:\d+ tests\[0\]\.asert: unknown key/)
  const none = await start({
    entry: 'suite.yaml',
    files: { 'suite.yaml': 'tests: [{id: a, turns: [{user: x}]}]' },
  })
  assert.match(messageOf(none), /names no candidate/)
  const gone = await start({ entry: 'suite.yaml', files: {} })
  assert.match(messageOf(gone), /cannot be read/)
  const scripts = await start({ entry: 'suite.yaml', files: {}, allow_js: true })
  assert.equal(scripts.status, 403)
  assert.equal((await stack.admin('/evals/run_none'))['error'] === undefined, false)
})
