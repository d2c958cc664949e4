/** The use of secrets in the audit: changes once, failures once, reads as sums, and all of it later where the audit is out of reach. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { SecretFailure } from './failure.ts'
import { type SecretUse, SecretUseLog } from './use-log.ts'

const failure = new SecretFailure('unavailable', 'Vault answered 503', 'Look.')

function open(t: TestContext) {
  const time = { nowMs: 1000 }
  const told: SecretUse[] = []
  const audit = { isGone: false }
  const log = new SecretUseLog()
  const start = () =>
    log.start({
      clock: { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs },
      tell: (use) =>
        audit.isGone ? Promise.reject(new Error('gone')) : Promise.resolve(void told.push(use)),
      onTrouble: () => undefined,
    })
  t.after(() => log.close())
  const acts = async () => {
    await Promise.resolve()
    await log.flush()
    return told.map(({ action, object }) => `${action} ${object}`)
  }
  return { log, time, told, audit, start, acts }
}

test('what came before the start is told then, in its order', async (t) => {
  const { log, start, told, acts } = open(t)
  log.read('vault:a', false)
  log.loaded(new Map([['providers.openai.apiKey', 'vault:a#key']]))
  log.failed('vault:b', failure)
  assert.equal(told.length, 0)
  start()
  assert.deepEqual(await acts(), [
    'config.load configuration',
    'secret.fail vault:b',
    'secret.read references',
  ])
  assert.deepEqual(told[0]!.after, { references: ['providers.openai.apiKey: vault:a#key'] })
  assert.deepEqual(told[2]!.after, {
    'vault:a': { reads: 1, failures: 0 },
    'vault:b': { reads: 0, failures: 1 },
  })
})

test('ten thousand reads are one record, and an outage is two', async (t) => {
  const { log, start, told, acts } = open(t)
  start()
  for (let n = 0; n < 10_000; n++) log.read('stored:openai', false)
  for (let n = 0; n < 300; n++) log.failed('vault:a', failure)
  log.read('vault:a', true)
  assert.deepEqual(await acts(), [
    'secret.fail vault:a',
    'secret.recover vault:a',
    'secret.change vault:a',
    'secret.read references',
  ])
  assert.deepEqual(told[3]!.after, {
    'stored:openai': { reads: 10_000, failures: 0 },
    'vault:a': { reads: 1, failures: 300 },
  })
})

test('a reference that comes and goes is told once in five minutes', async (t) => {
  const { log, start, time, acts } = open(t)
  start()
  for (let n = 0; n < 61; n++) {
    log.failed('vault:a', failure)
    log.read('vault:a', false)
    time.nowMs += 10_000
  }
  const failures = (await acts()).filter((act) => act.startsWith('secret.fail'))
  assert.equal(failures.length, 3, 'over ten minutes')
})

test('what the audit could not take is told when it can, once and in its order', async (t) => {
  const { log, start, audit, acts } = open(t)
  audit.isGone = true
  start()
  log.loaded(new Map())
  log.failed('vault:a', failure)
  assert.deepEqual(await acts(), [])
  audit.isGone = false
  assert.deepEqual(await acts(), [
    'config.load configuration',
    'secret.fail vault:a',
    'secret.read references',
  ])
})

test('where more waits than is kept, no sum is lost', async (t) => {
  const { log, start, told, audit, acts } = open(t)
  audit.isGone = true
  start()
  for (let n = 0; n < 500; n++) log.loaded(new Map())
  log.read('vault:a', false)
  await acts()
  log.read('vault:a', false)
  audit.isGone = false
  assert.equal((await acts()).length, 501)
  assert.deepEqual(told.at(-1)!.after, { 'vault:a': { reads: 2, failures: 0 } })
})
