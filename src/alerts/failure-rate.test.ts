/** A provider that fails at several instances is one alert, which lasts until it fails at none. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { createTestClock } from '../../test/support/access.ts'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import type { AttemptRecord } from '../records/record.ts'
import { createAlertStore } from '../storage/sql/alert-store.ts'
import { openDatabase } from '../storage/sql/open.ts'
import { createAlerts } from './alerts.ts'
import { FailureWatch, tellFailures } from './failure-rate.ts'

const rule = { share: 0.5, minAttempts: 10 }

test('an alert of two instances ends once, when the last of them is well', async (t) => {
  const clock = createTestClock()
  const onError = (cause: unknown) => assert.fail(String(cause))
  const database = await openDatabase({
    store: 'sqlite',
    dataDir: createTemporaryFolder(),
    clock,
    onError,
  })
  t.after(() => database.close())
  const store = createAlertStore(database)
  const notices: string[] = []
  let ids = 0
  const instance = () => {
    const watch = new FailureWatch()
    const alerts = createAlerts({
      store,
      clock,
      newId: () => `alert_${++ids}`,
      channelsFor: () => [],
      onNotice: ({ occasion }) => notices.push(occasion),
      onError,
    })
    /** A quarter of a minute with this many calls, of which none or all fail. */
    const pass = async (calls: number, isFailing: boolean) => {
      const attempt: AttemptRecord = {
        n: 1,
        provider: 'openai',
        model: 'm',
        startedMs: 0,
        endedMs: 1,
        dropped: [],
        ...(isFailing && { code: 'upstream_error' }),
      }
      for (let n = 0; n < calls; n++) watch.note({ attempts: [attempt] }, clock.monotonicMs())
      tellFailures(watch, watch.judge(rule, clock.monotonicMs()), alerts)
      await alerts.settled()
    }
    return { pass }
  }
  const [first, second] = [instance(), instance()]
  const passMinutes = async (minutes: number, isSecondFailing: boolean) => {
    for (let quarter = 0; quarter < minutes * 4; quarter++) {
      await first.pass(20, false)
      await second.pass(20, isSecondFailing)
      clock.advance(15_000)
    }
  }
  for (const each of [first, second]) await each.pass(20, true)
  await passMinutes(20, true)
  assert.deepEqual(notices, ['raised'])
  assert.equal((await store.open()).length, 1)
  await passMinutes(10, false)
  assert.deepEqual(notices, ['raised', 'resolved'])
  assert.deepEqual(await store.open(), [])
  await passMinutes(5, true)
  assert.deepEqual(notices.slice(2), ['raised', 'escalated'])
})
