/** Runs through the administration API of a gateway: faults, limits, conversations, judges, planned looks. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
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

test('a cursor that is none is refused', async (t) => {
  const stack = await startStack(t)
  const response = await fetch(`${stack.gateway.url}/admin/v1/evals/run_none/rows?cursor=none`, {
    headers: { authorization: `Bearer ${adminToken}` },
  })
  assert.equal(response.status, 400)
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

test('a model that does not keep to the schema of its answer has failed, and is no fault', async (t) => {
  const stack = await startStack(t)
  const schema = { type: 'object', properties: { total: { type: 'number' } }, required: ['total'] }
  const result = await run(stack, {
    candidate: 'openai/echo',
    params: { response_format: { type: 'json_schema', json_schema: { name: 'bill', schema, strict: true } } },
    tests: [{ id: 'json', turns: [{ user: 'the bill' }], assert: [{ type: 'is-json', value: schema }] }],
  })
  assert.equal(result.verdict, 'fail', result.reason)
  const [row] = result.rows
  assert.equal(row!['status'], 'graded')
  assert.match(JSON.stringify(row!['asserts']), /"type":"contract".*does not satisfy the schema/)
  assert.match(
    JSON.stringify(row!['replies']),
    /"output":"This answer does not satisfy/,
    'what it said is kept',
  )
  // The gateway itself has asked once more, and the run does not begin again.
  assert.equal(stack.simulator.receipts().length, 2)
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

test('judges hold the answers of two arms against each other, in both orders', async (t) => {
  const stack = await startStack(t)
  // The judge repeats what it sees: the first letter in parentheses is the criterion's, in whichever order.
  const suite = {
    prompts: ['{{q}}'],
    candidate: 'openai/words-3',
    baseline: 'openai/echo',
    judge: { target: 'openai/echo', pairwise: { rubric: '(C)' } },
    tests: Array.from({ length: 30 }, (_, n) => ({ id: `c${n}`, vars: { q: `question ${n}` } })),
    gate: { margin: 0.3, metrics: { preference: { min: 0.4 } } },
  }
  const files = { 'suite.yaml': JSON.stringify(suite) }
  const plan = await send(stack, '/evals/plan', { entry: 'suite.yaml', files })
  assert.equal(asObject(asArray(plan.body['judges'])[0])?.['calls'], 60)
  const { body } = await send(stack, '/evals', { entry: 'suite.yaml', files, concurrency: 8 })
  const { report, verdict, reason } = await finish(stack, String(body['id']))
  assert.equal(verdict, 'pass', reason)
  const arms = asArray(report['arms']).map((arm) =>
    asObject(asObject(asObject(arm)?.['figures'])?.['metrics']),
  )
  assert.deepEqual([asObject(arms[0]?.['preference'])?.['value'], arms[1]?.['preference']], [0.5, undefined])
  assert.equal(stack.simulator.receipts().length, 120)
  const swayed = { ...suite, judge: { target: 'openai/echo', pairwise: { rubric: '(A)' } } }
  const again = await send(stack, '/evals', {
    entry: 'suite.yaml',
    files: { 'suite.yaml': JSON.stringify(swayed) },
    concurrency: 8,
  })
  const second = await finish(stack, String(again.body['id']))
  assert.equal(second.verdict, 'pass', second.reason)
  const { data } = await stack.admin(`/evals/${String(again.body['id'])}/rows?limit=5`)
  assert.match(JSON.stringify(data), /swayed by the order/)
})

test('a judge is measured on answers that people have graded, and a bad one passes no gate', async (t) => {
  const stack = await startStack(t)
  // `echo` repeats what it is asked to grade: what the answer says of itself becomes the verdict.
  const says = (pass: boolean, n: number) => `{"pass": ${pass}, "reason": "answer ${n}"}`
  const labels = (isRight: (n: number) => boolean) =>
    Array.from({ length: 40 }, (_, n) =>
      JSON.stringify({
        rubric: 'is polite',
        output: says(n % 2 === 0, n),
        pass: (n % 2 === 0) === isRight(n),
      }),
    ).join('\n')
  const suite = JSON.stringify({
    prompts: ['{{q}}'],
    candidate: 'openai/echo',
    baseline: 'openai/echo',
    judge: { target: 'openai/echo', calibration: 'file://labels.jsonl' },
    defaultTest: { assert: [{ type: 'llm-rubric', value: 'is polite' }] },
    tests: Array.from({ length: 100 }, (_, n) => ({ id: `c${n}`, vars: { q: says(true, n) } })),
  })
  const gated = async (text: string) => {
    const files = { 'suite.yaml': suite, 'labels.jsonl': text }
    const started = await send(stack, '/evals', { entry: 'suite.yaml', files, concurrency: 8 })
    return finish(stack, String(started.body['id']))
  }
  const good = await gated(labels((n) => n !== 7))
  assert.equal(good.verdict, 'pass', good.reason)
  assert.deepEqual(asObject(good.report['judgeAgreement'])?.['judged'], 40)
  assert.ok(Number(asObject(good.report['judgeAgreement'])?.['kappa']) > 0.9)
  const bad = await gated(labels((n) => n % 3 !== 0))
  assert.equal(bad.verdict, 'inconclusive')
  assert.match(bad.reason, /agrees too little with people: kappa 0\.\d+ on 40 answers/)
  const broken = await send(stack, '/evals', {
    entry: 'suite.yaml',
    files: { 'suite.yaml': suite, 'labels.jsonl': '{"rubric": "x", "output": "y"}' },
  })
  assert.match(JSON.stringify(broken.body), /labels\.jsonl: entry 1 is no graded answer/)
  // Promotion asks for the newest verdict on a target.
  const verdict = await stack.admin('/evals/verdicts/openai%2Fecho')
  assert.deepEqual([verdict['run_id'], verdict['verdict']], [bad.id, 'inconclusive'])
  assert.match(String(verdict['hash']), /^[0-9a-f]{64}$/)
})

test('kept answers are used again where that is allowed: each repeat has its own, and no gate passes', async (t) => {
  const stack = await startStack(t, { config: priced })
  const suite = echoes(40, { baseline: 'openai/words-3', repeat: 2 })
  const options = { allow_cached: true, concurrency: 8 }
  const calls = 40 * 2 * 2
  await run(stack, suite, options)
  assert.equal(stack.simulator.receipts().length, calls)
  const again = await run(stack, suite, options)
  assert.equal(stack.simulator.receipts().length, calls)
  assert.ok(
    again.rows.every(
      ({ cached, costUsd, totalMs }) => cached && costUsd === undefined && totalMs === undefined,
    ),
  )
  const equal = await run(stack, echoes(120, { baseline: 'openai/echo' }), options)
  assert.equal(equal.verdict, 'inconclusive')
  assert.match(equal.reason, /cached_rows/)
  await run(stack, suite, { concurrency: 8 })
  assert.ok(stack.simulator.receipts().length >= 2 * calls, 'a plain run asks anew')
})

test("a service of the user's own grades, where the configuration lets it be reached", async (t) => {
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      const { output } = JSON.parse(body) as { output: string }
      response.end(JSON.stringify({ pass: output.includes('number'), score: 0.75, reason: 'seen' }))
    })
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(() => void server.close())
  const { port } = server.address() as AddressInfo
  const suite = echoes(2, {
    defaultTest: { assert: [{ type: 'webhook', value: `http://127.0.0.1:${port}/grade` }] },
  })
  const open = await startStack(t, { config: { evals: { webhooks: { allowPrivateNetwork: true } } } })
  const graded = await run(open, suite)
  assert.equal(graded.verdict, 'pass', JSON.stringify(graded.rows))
  const closed = await startStack(t)
  const refused = await run(closed, suite)
  assert.equal(refused.verdict, 'inconclusive')
  assert.ok(refused.rows.every((row) => asObject(row['error'])?.['code'] === 'grader:webhook'))
})

test('a pack is cut to the smallest window of the models asked', async (t) => {
  const stack = await startStack(t, {
    config: { models: { 'openai/echo': { contextWindow: 6_000 } } },
  })
  const body = { entry: 'pack:needle', candidate: 'openai/echo' }
  const plan = await send(stack, '/evals/plan', body)
  assert.equal(plan.body['cases'], 6 * 2 * 5, JSON.stringify(plan.body))
})
