/** Decisions of guardrails are found by rule and action, counted once a request, and go with the records. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createRequestRecord } from '../../../test/support/request-record.ts'
import { createTemporaryFolder } from '../../../test/support/temporary-folder.ts'
import { systemClock } from '../../core/clock.ts'
import type { GuardrailRecord } from '../../records/record.ts'
import { createGuardDecisions } from './guard-decisions.ts'
import { openStore } from './open.ts'
import { recordMigrations } from './record-migrations.ts'
import { createRecordStore } from './record-store.ts'

function open(t: TestContext) {
  const database = openStore(join(createTemporaryFolder(), 'records.db'), recordMigrations, systemClock)
  t.after(() => database.close())
  const decisions = createGuardDecisions(database)
  return { decisions, records: createRecordStore(database, { decisions }) }
}

const pii: GuardrailRecord = { rule: 'pii', stage: 'input', action: 'redact', found: { email: 2 } }
const topics: GuardrailRecord = { rule: 'topics', stage: 'output', action: 'block', found: { politics: 1 } }

test('decisions come newest first, page by page, and by rule and action', (t) => {
  const { decisions, records } = open(t)
  records.insert([1, 2, 3].map((n) => createRequestRecord(n, { guardrails: [pii] })))
  records.insert([createRequestRecord(4, { guardrails: [pii, topics] }), createRequestRecord(5)])
  const first = decisions.list({ org: 'default', limit: 2 })
  assert.deepEqual(
    first.data.map(({ atMs, rule }) => [atMs, rule]),
    [
      [4, 'topics'],
      [4, 'pii'],
    ],
  )
  const next = decisions.list({ org: 'default', limit: 9, cursor: first.nextCursor! })
  assert.deepEqual(
    next.data.map(({ atMs }) => atMs),
    [3, 2, 1],
  )
  assert.equal(next.nextCursor, undefined)
  const [blocked, ...others] = decisions.list({ org: 'default', action: 'block', limit: 9 }).data
  const { id: requestId, route } = createRequestRecord(4)
  assert.deepEqual([blocked, others], [{ ...topics, requestId, atMs: 4, route }, []])
  assert.deepEqual(decisions.list({ org: 'default', rule: 'topics', action: 'redact', limit: 9 }).data, [])
  assert.deepEqual(decisions.list({ org: 'other', limit: 9 }).data, [])
  assert.throws(() => decisions.list({ org: 'default', limit: 9, cursor: 'x' }), { code: 'invalid_request' })
})

test('a record that is stored already adds no decision', (t) => {
  const { decisions, records } = open(t)
  const record = createRequestRecord(1, { guardrails: [pii] })
  records.insert([record])
  records.insert([record])
  assert.deepEqual(decisions.count('default', 0), {
    counts: [{ rule: 'pii', stage: 'input', action: 'redact', requests: 1 }],
    fromMs: 0,
  })
  assert.deepEqual(decisions.count('default', 2).counts, [])
})

test('decisions go when the records that they were about have gone', (t) => {
  const { decisions, records } = open(t)
  records.insert([1, 2, 3].map((n) => createRequestRecord(n, { guardrails: [pii] })))
  assert.equal(records.prune({ olderThanMs: 3 }), 2)
  records.prune({ olderThanMs: 3 })
  assert.deepEqual(
    decisions.list({ org: 'default', limit: 9 }).data.map(({ atMs }) => atMs),
    [3],
  )
})
