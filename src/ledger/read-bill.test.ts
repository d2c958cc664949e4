/** Every known export is read into the same figures, and what is none of them is refused by its place. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { GatewayError } from '../core/error.ts'
import { readBill } from './read-bill.ts'

const dayMs = Date.UTC(2026, 10, 1)

const page = (...data: object[]) => JSON.stringify({ object: 'page', data, has_more: false, next_page: null })

test("OpenAI's usage: hours become a day, and cached tokens are a part of the input", () => {
  const result = {
    object: 'organization.usage.completions.result',
    input_tokens: 1000,
    output_tokens: 500,
    input_cached_tokens: 800,
    num_model_requests: 5,
    project_id: null,
    model: 'gpt-4o-mini-2024-07-18',
    batch: null,
  }
  const bucket = (hour: number) => ({
    object: 'bucket',
    start_time: dayMs / 1000 + hour * 3600,
    end_time: dayMs / 1000 + (hour + 1) * 3600,
    results: [result],
  })
  const embeddings = {
    ...bucket(2),
    results: [
      {
        object: 'organization.usage.embeddings.result',
        input_tokens: 16,
        num_model_requests: 2,
        model: 'text-embedding-3-small',
      },
    ],
  }
  assert.deepEqual(readBill([page(bucket(0), bucket(23)), page(embeddings)]), [
    {
      dayMs,
      model: 'gpt-4o-mini-2024-07-18',
      requests: 10,
      inputTokens: 2000,
      cacheReadTokens: 1600,
      outputTokens: 1000,
    },
    { dayMs, model: 'text-embedding-3-small', requests: 2, inputTokens: 16 },
  ])
})

test("OpenAI's costs: by line item, or of the whole day", () => {
  const cost = (value: number, lineItem: string | null) => ({
    object: 'organization.costs.result',
    amount: { value, currency: 'usd' },
    line_item: lineItem,
    project_id: null,
  })
  const bucket = (...results: object[]) => ({ object: 'bucket', start_time: dayMs / 1000, results })
  assert.deepEqual(
    readBill([page(bucket(cost(0.06, 'gpt-4o-2024-08-06, input'), cost(0.02, 'gpt-4o-2024-08-06, output')))]),
    [{ dayMs, model: 'gpt-4o-2024-08-06', costNanoUsd: 80_000_000 }],
  )
  assert.deepEqual(readBill([page(bucket(cost(1.0000000004e-3, null)))]), [{ dayMs, costNanoUsd: 1_000_000 }])
})

test("Anthropic's usage and cost report: cached tokens belong to the input, and amounts are cents", () => {
  const usage = page({
    starting_at: '2026-11-01T00:00:00Z',
    ending_at: '2026-11-02T00:00:00Z',
    results: [
      {
        uncached_input_tokens: 1500,
        cache_creation: { ephemeral_1h_input_tokens: 1000, ephemeral_5m_input_tokens: 500 },
        cache_read_input_tokens: 200,
        output_tokens: 500,
        server_tool_use: { web_search_requests: 10 },
        model: 'claude-sonnet-5',
        service_tier: 'standard',
      },
    ],
  })
  const costs = page({
    starting_at: '2026-11-01T00:00:00Z',
    results: [{ currency: 'USD', amount: '123.78912', model: 'claude-sonnet-5', cost_type: 'tokens' }],
  })
  assert.deepEqual(readBill([usage, costs]), [
    {
      dayMs,
      model: 'claude-sonnet-5',
      inputTokens: 3200,
      cacheReadTokens: 200,
      outputTokens: 500,
      costNanoUsd: 1_237_891_200,
    },
  ])
})

test("OpenRouter's generations, one to a line or in a list, and its activity", () => {
  const generation = {
    id: 'gen-1',
    total_cost: 0.0015,
    created_at: '2026-11-01T23:33:19.433273+00:00',
    model: 'sao10k/l3-stheno-8b',
    native_tokens_prompt: 10,
    native_tokens_completion: 25,
    native_tokens_cached: 3,
    tokens_prompt: 11,
    tokens_completion: 24,
    usage: 0.0015,
  }
  const both = [
    {
      dayMs,
      model: 'sao10k/l3-stheno-8b',
      requests: 2,
      inputTokens: 20,
      cacheReadTokens: 6,
      outputTokens: 50,
      costNanoUsd: 3_000_000,
    },
  ]
  assert.deepEqual(
    readBill([`${JSON.stringify({ data: generation })}\n${JSON.stringify(generation)}\n`]),
    both,
  )
  assert.deepEqual(readBill([JSON.stringify([{ data: generation }, generation])]), both)
  const activity = {
    date: '2026-11-01',
    model: 'openai/gpt-4.1',
    requests: 5,
    prompt_tokens: 50,
    completion_tokens: 125,
    usage: 0.015,
  }
  assert.deepEqual(readBill([JSON.stringify({ data: [activity] })]), [
    {
      dayMs,
      model: 'openai/gpt-4.1',
      requests: 5,
      inputTokens: 50,
      outputTokens: 125,
      costNanoUsd: 15_000_000,
    },
  ])
})

test('CSV by the names of its columns, whatever their order', () => {
  const csv =
    'Model,Cost (USD),Date,Output tokens,Input tokens\n"a, b",$1.50,2026-11-01,7,3\n,0.25,1793491200,,\n'
  assert.deepEqual(readBill([csv.replace('1793491200', String(dayMs / 1000))]), [
    { dayMs, model: 'a, b', inputTokens: 3, outputTokens: 7, costNanoUsd: 1_500_000_000 },
    { dayMs, costNanoUsd: 250_000_000 },
  ])
})

for (const [name, text, message] of [
  ['another JSON', '{"data":[{"results":[{"tokens":1}],"start_time":1}]}', /none of those known/],
  ['numbers', '[1, 2]', /none of those known/],
  ['an empty list', '[]', /none of those known/],
  [
    'another currency',
    '{"data":[{"start_time":1,"results":[{"amount":{"value":1,"currency":"eur"}}]}]}',
    /none/,
  ],
  ['prose', 'hello', /neither JSON nor CSV/],
  ['CSV without figures', 'date,model\n2026-11-01,m\n', /no column of costs/],
  ['CSV with a broken date', 'date,cost\nsoon,1\n', /Line 2/],
  ['CSV that does not end', 'date,cost\n"2026', /Line 2/],
] as const) {
  test(`refused: ${name}`, () => {
    assert.throws(
      () => readBill(['date,cost\n2026-11-01,1\n', text]),
      (error) =>
        error instanceof GatewayError &&
        error.code === 'invalid_request' &&
        message.test(error.message) &&
        error.param === 'exports.1',
    )
  })
}

test('whatever text comes, it is read or refused', () => {
  const json = fc.json({ maxDepth: 5 })
  const text = fc.oneof(
    fc.string(),
    json,
    json.map((value) => `{"data":[${value}]}`),
  )
  fc.assert(
    fc.property(text, (export_) => {
      try {
        for (const row of readBill([export_])) assert.ok(Number.isSafeInteger(row.dayMs))
      } catch (error) {
        assert.ok(error instanceof GatewayError, String(error))
      }
    }),
  )
})
