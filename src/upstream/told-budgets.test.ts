/** Headers that tell of limits, as they were recorded from providers. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ResponseHeaders } from './upstream-call.ts'
import { toldBudgets, untilRefilled } from './told-budgets.ts'

const nowMs = Date.parse('2025-03-15T09:38:10Z')
const cases: readonly (readonly [name: string, headers: ResponseHeaders, told: readonly unknown[]])[] = [
  [
    'OpenAI',
    {
      'x-ratelimit-limit-requests': '3000',
      'x-ratelimit-remaining-requests': '2999',
      'x-ratelimit-reset-requests': '20ms',
      'x-ratelimit-limit-tokens': '250000',
      'x-ratelimit-remaining-tokens': '249975',
      'x-ratelimit-reset-tokens': '5ms',
      'x-ratelimit-remaining-input-images': '49999',
      'x-ratelimit-reset-input-images': '1ms',
    },
    [
      { unit: 'requests', left: 2999, fullInMs: 20, limit: 3000 },
      { unit: 'tokens', left: 249_975, fullInMs: 5, limit: 250_000 },
    ],
  ],
  [
    'Anthropic',
    {
      'anthropic-ratelimit-requests-limit': '4000',
      'anthropic-ratelimit-requests-remaining': '3999',
      'anthropic-ratelimit-requests-reset': '2025-03-15T09:38:17Z',
      'anthropic-ratelimit-input-tokens-limit': '400000',
      'anthropic-ratelimit-input-tokens-remaining': '390000',
      'anthropic-ratelimit-input-tokens-reset': '2025-03-15T09:38:18Z',
    },
    [
      { unit: 'requests', left: 3999, fullInMs: 8000, limit: 4000 },
      { unit: 'tokens', left: 390_000, fullInMs: 9000, limit: 400_000 },
    ],
  ],
  [
    'Mistral, whose names say the window',
    {
      'x-ratelimit-limit-req-minute': '360',
      'x-ratelimit-remaining-req-minute': '351',
      'x-ratelimit-remaining-req-10-second': '59',
      'x-ratelimit-remaining-tokens-month': '199999999445',
      'x-ratelimit-remaining-audio-seconds-minute': '7191',
      'x-ratelimit-tokens-query-cost': '21',
    },
    [
      { unit: 'requests', left: 351, fullInMs: 60_000, limit: 360 },
      { unit: 'requests', left: 59, fullInMs: 10_000 },
      { unit: 'tokens', left: 199_999_999_445, fullInMs: 300_000 },
    ],
  ],
  [
    'Together, which says neither kind nor unit',
    { 'x-ratelimit-limit': '2', 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' },
    [{ unit: 'requests', left: 0, fullInMs: 1000, limit: 2 }],
  ],
  [
    'a success with retry-after, and all of its budget left',
    {
      'anthropic-ratelimit-input-tokens-limit': '2000000',
      'anthropic-ratelimit-input-tokens-remaining': '2000000',
      'anthropic-ratelimit-input-tokens-reset': '2025-03-15T09:38:11Z',
      'retry-after': '59',
    },
    [{ unit: 'tokens', left: 2_000_000, fullInMs: 2000, limit: 2_000_000 }],
  ],
  [
    'a success with retry-after that used up what there was',
    { 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '2s', 'retry-after': '30' },
    [{ unit: 'requests', left: 0, fullInMs: 30_000 }],
  ],
  ['retry-after alone', { 'retry-after': '13' }, []],
  [
    'what is no number',
    { 'x-ratelimit-remaining-requests': 'many', 'x-ratelimit-remaining-tokens': '-1' },
    [],
  ],
]

for (const [name, headers, told] of cases) {
  test(name, () => assert.deepEqual(toldBudgets(headers, nowMs), told))
}

test('budgets that are used up tell when they are full again', () => {
  const cases: readonly [Record<string, string>, number | undefined][] = [
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '6m0s' }, 300_000],
    [{ 'x-ratelimit-remaining-requests': '0', 'x-ratelimit-reset-requests': '120ms' }, 120],
    [{ 'x-ratelimit-remaining-requests': '7', 'x-ratelimit-reset-requests': '6m0s' }, undefined],
    [
      {
        'x-ratelimit-remaining-requests': '0',
        'x-ratelimit-reset-requests': '1s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '2.5s',
      },
      2500,
    ],
    [
      {
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': '2025-03-15T09:38:19Z',
      },
      9000,
    ],
    [{ 'x-ratelimit-remaining-tokens': '0' }, undefined],
    [{ 'x-ratelimit-remaining': '0', 'x-ratelimit-reset': '1' }, 1000],
  ]
  for (const [headers, wait] of cases)
    assert.equal(untilRefilled(headers, nowMs), wait, JSON.stringify(headers))
})
