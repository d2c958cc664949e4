/** References in trouble: what a provider refuses, loads that are refused, new ways to sign in, and reads that came too early. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { Secret } from '../core/secret.ts'
import { SecretFailure } from './failure.ts'
import type { Lease, Material, SecretSource } from './port.ts'
import { References, type Services } from './references.ts'

/** A service whose secrets are set by the test. */
class Keeper implements SecretSource {
  values: Record<string, string> = { llm: 'first' }
  leaseMs: number | undefined
  failure: SecretFailure | undefined
  reads = 0
  renewals = 0
  /** Until it is done, no read is answered; what it answers is from before. */
  held: Promise<void> | undefined

  async read(name: string): Promise<Material> {
    this.reads++
    const value = this.values[name]
    await this.held
    if (this.failure) throw this.failure
    if (value === undefined) throw new SecretFailure('absent', 'no such secret', 'Make one.')
    const lease = this.leaseMs === undefined ? {} : { lease: this.#lease(this.leaseMs) }
    return { content: new Secret(value), ...lease }
  }

  renew(lease: Lease): Promise<Lease> {
    this.renewals++
    return Promise.resolve(this.#lease(lease.durationMs))
  }

  close(): Promise<void> {
    return Promise.resolve()
  }

  #lease(durationMs: number): Lease {
    return { id: 'lease', durationMs, isRenewable: true }
  }
}

const ttlMs = 300_000
const unavailable = new SecretFailure('unavailable', 'gone', 'Wait.')
const denied = new SecretFailure('denied', 'forbidden', 'Allow it.')

function open() {
  const time = { nowMs: 1_000 }
  const keeper = new Keeper()
  const clock = { nowMs: () => time.nowMs, monotonicMs: () => time.nowMs }
  const references = new References({ clock, onRead() {}, onFailure() {} })
  const told = { changes: 0, stale: [] as boolean[] }
  const services: Services = { fingerprint: 'one', place: 'here', ttlMs, open: () => keeper }
  /** What one load finds; whether it is taken up is another matter. */
  const load = async (name: string, others: Partial<Services> = {}): Promise<string> => {
    const outcome = await references.reader({ ...services, ...others })({
      kind: 'remote',
      scheme: 'vault',
      name,
    })
    return outcome instanceof Secret ? outcome.reveal() : `! ${outcome.message}`
  }
  const start = () =>
    references.start(
      () => void told.changes++,
      (isStale) => void told.stale.push(isStale),
    )
  return { time, keeper, references, told, load, start }
}

const llm = new Set(['vault:llm'])

test('a leased secret that a provider refuses is made anew, and a young one is given its time', async () => {
  const { time, keeper, references, told, load, start } = open()
  keeper.leaseMs = 3_600_000
  assert.equal(await load('llm'), 'first')
  await references.adopt()
  start()
  keeper.values = { llm: 'second' }
  time.nowMs += 30_000
  await references.refuse(llm)
  assert.deepEqual([keeper.reads, keeper.renewals, told.changes], [1, 1, 0])
  time.nowMs += 30_000
  await references.refuse(new Set(['vault:of-another-provider']))
  assert.deepEqual([keeper.reads, keeper.renewals], [1, 1])
  await references.refuse(llm)
  assert.deepEqual([keeper.reads, keeper.renewals, told.changes], [2, 1, 1])
  assert.equal(await load('llm'), 'second')
  await references.close()
})

test('what was being read when a provider refused it is read again', async () => {
  const { time, keeper, references, load } = open()
  await load('llm')
  await references.adopt()
  let release = (): void => undefined
  keeper.held = new Promise((resolve) => (release = resolve))
  time.nowMs += ttlMs
  const early = references.tick()
  while (keeper.reads < 2) await Promise.resolve()
  keeper.values = { llm: 'second' }
  const refused = references.refuse(llm)
  release()
  await Promise.all([early, refused])
  assert.equal(keeper.reads, 3)
  assert.equal(await load('llm'), 'second')
  await references.close()
})

test('a service that never answers holds up nothing that another keeps', async (t) => {
  const { time, keeper, references, load } = open()
  await load('llm')
  await references.adopt()
  t.mock.timers.enable({ apis: ['setTimeout'] })
  keeper.held = new Promise(() => undefined)
  time.nowMs += ttlMs
  const reading = references.tick()
  while (keeper.reads < 2) await Promise.resolve()
  t.mock.timers.tick(30_000)
  await reading
  assert.equal(references.states()[0]?.fault, 'no answer within 30 s')
  assert.equal(await load('llm'), 'first')
  await references.close()
})

test('what only a refused configuration names makes nothing unready, however long', async () => {
  const { time, keeper, references, told, load, start } = open()
  time.nowMs = 10 * 3_600_000
  await load('llm')
  await references.adopt()
  start()
  const other = references.reader({ fingerprint: 'one', place: 'here', ttlMs, open: () => keeper })
  await other({ kind: 'remote', scheme: 'vault', name: 'llm' })
  assert.ok(!((await other({ kind: 'remote', scheme: 'vault', name: 'nowhere' })) instanceof Secret))
  for (let step = 0; step < 20; step++) {
    time.nowMs += ttlMs
    await references.tick()
  }
  assert.deepEqual(told, { changes: 0, stale: [] })
  keeper.values = { ...keeper.values, nowhere: 'here at last' }
  time.nowMs += ttlMs
  await references.tick()
  assert.equal(told.changes, 1)
  await references.close()
})

test('a load that was refused for want of a secret is told once that it is there again, unchanged', async () => {
  const { time, keeper, references, told, load, start } = open()
  await load('llm')
  await references.adopt()
  start()
  keeper.failure = denied
  time.nowMs += ttlMs
  assert.equal(await load('llm'), '! forbidden')
  keeper.failure = undefined
  for (let step = 0; step < 3; step++) {
    time.nowMs += ttlMs
    await references.tick()
  }
  assert.equal(told.changes, 1)
  await references.close()
})

test('a value that a refused load was the first to read is told to the configuration in force', async () => {
  const { time, keeper, references, told, load, start } = open()
  await load('llm')
  await references.adopt()
  start()
  keeper.values = { llm: 'second' }
  time.nowMs += ttlMs
  assert.equal(await load('llm'), 'second') // and the rest of that configuration was wrong
  await references.tick()
  assert.equal(told.changes, 1)
  assert.equal(await load('llm'), 'second')
  await references.adopt()
  time.nowMs += ttlMs
  await references.tick()
  assert.equal(told.changes, 1)
  await references.close()
})

test('with another sign-in to the same services, what the last one read holds through an outage', async () => {
  const { time, keeper, references, load } = open()
  await load('llm')
  await references.adopt()
  keeper.failure = unavailable
  time.nowMs += ttlMs
  assert.equal(await load('llm', { fingerprint: 'two' }), 'first')
  assert.equal(await load('llm', { fingerprint: 'three', place: 'elsewhere' }), '! gone')
  assert.equal(await load('llm', { fingerprint: 'two' }), 'first')
  await references.adopt()
  keeper.failure = denied
  time.nowMs += ttlMs
  assert.equal(await load('llm', { fingerprint: 'four' }), '! forbidden')
  keeper.failure = unavailable
  time.nowMs += 3_600_000
  assert.equal(await load('llm', { fingerprint: 'five' }), '! gone')
  await references.close()
})
