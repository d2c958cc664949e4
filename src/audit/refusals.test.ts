/** Refused sign-ins in the audit: the first at once, ten thousand as one record, none lost to an outage. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { asObject, type Json } from '../core/json.ts'
import type { AuditAct } from './port.ts'
import { RefusalLog } from './refusals.ts'

function open() {
  const time = { nowMs: 0, isOut: false }
  const acts: AuditAct[] = []
  const troubles: unknown[] = []
  const log = new RefusalLog({
    clock: { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs },
    audit: {
      record: (act) => {
        if (time.isOut) return Promise.reject(new Error('no database'))
        return Promise.resolve(acts.push(act))
      },
    },
    onTrouble: (cause) => troubles.push(cause),
  })
  return { time, acts, troubles, log }
}

const triesOf = ({ after }: AuditAct): Json | undefined => asObject(after)?.['tries']

test('the first is told at once; what follows is one record each five minutes, however much it is', async () => {
  const { time, acts, log } = open()
  log.note({ way: 'password', user: 'u1', address: '192.0.2.1' })
  await log.flush()
  assert.deepEqual(acts, [
    {
      org: 'default',
      actor: 'stranger',
      action: 'session.refuse',
      object: 'session',
      after: { tries: 1, ways: { 'password user:u1': 1 }, addresses: { '192.0.2.1': 1 } },
    },
  ])
  for (let n = 0; n < 10_000; n++) log.note({ way: 'token', address: `198.51.100.${n % 200}` })
  assert.equal(acts.length, 1)
  time.nowMs += 300_000
  log.note({ way: 'link' })
  await log.close()
  assert.deepEqual(acts.map(triesOf), [1, 10_001])
  const { ways, addresses } = asObject(acts[1]!.after)!
  assert.deepEqual(ways, { token: 10_000, link: 1 })
  const times = Object.values(asObject(addresses)!).map(Number)
  assert.equal(times.length, 51)
  assert.equal(
    times.reduce((sum, each) => sum + each),
    10_000,
  )
})

test('what the audit could not keep is told when it can', async () => {
  const { time, acts, troubles, log } = open()
  time.isOut = true
  log.note({ way: 'token' })
  await log.flush()
  assert.deepEqual([acts.length, troubles.length], [0, 1])
  time.isOut = false
  log.note({ way: 'token' })
  await log.close()
  assert.deepEqual(acts.map(triesOf), [2])
})
