/** What drift may do to a route: real pointers in a store, a clock that is set by hand. */

import assert from 'node:assert/strict'
import { join } from 'node:path'
import { test, type TestContext } from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { createAuditLog } from '../audit/log.ts'
import type { Json } from '../core/json.ts'
import { createAuditStore } from '../storage/sql/audit-store.ts'
import { migrations } from '../storage/sql/migrations.ts'
import { createRolloutStore } from '../storage/sql/rollout-store.ts'
import { openSqlite } from '../storage/sql/sqlite.ts'
import { createDriftMover, type DriftFound, type HealthyRun } from './drift-move.ts'
import type { GateVerdict } from './port.ts'
import { Rollout } from './rollout.ts'
import { Shelf } from './shelf.ts'

const org = 'default'
const route = 'assistant'
const minuteMs = 60_000
const hourMs = 60 * minuteMs
const startMs = Date.parse('2026-03-01T20:00:00Z')
const person = { actor: 'ada' }

/** Two revisions of one route, the second live, the first healthy when it was live. */
async function startWorld(t: TestContext, { targets = ['b/clerk'] } = {}) {
  const clock = { at: startMs, nowMs: () => clock.at, monotonicMs: () => clock.at }
  const database = openSqlite(join(createTemporaryFolder(), 'weir.db'), migrations, clock)
  const store = createRolloutStore(database)
  const audits = createAuditStore(database)
  const healthy: HealthyRun[] = []
  const gates = new Map<number, GateVerdict>()
  async function startInstance() {
    const shelf = new Shelf({
      store,
      onChange: () => undefined,
      onTick: () => undefined,
      onTrouble: () => undefined,
    })
    await shelf.open()
    t.after(() => shelf.close())
    const verdictOf = async (_org: string, _route: string, revision: number) => gates.get(revision)
    const rollout = new Rollout({
      org,
      store,
      shelf,
      audit: createAuditLog(audits, clock),
      clock,
      verdictOf,
      maxGateAgeMs: () => 14 * 24 * hourMs,
      complete: (settings) => settings,
    })
    const move = createDriftMover({
      rollout,
      clock,
      names: () => [route],
      healthyRuns: async (_org, sinceMs) => healthy.filter(({ atMs }) => atMs >= sinceMs),
      verdictOf,
    })
    return { rollout, shelf, move }
  }
  const one = await startInstance()
  t.after(() => database.close())
  await one.rollout.adopt({ [route]: { targets: ['a/clerk'] } })
  clock.at += hourMs
  healthy.push({ target: route, atMs: clock.at })
  clock.at += hourMs
  await one.rollout.add(route, { targets } as Json, person)
  clock.at += hourMs
  healthy.push({ target: route, atMs: clock.at })
  clock.at += minuteMs
  const found = (given: Partial<DriftFound> = {}): DriftFound => ({
    org,
    set: 'shop',
    target: route,
    runId: 'run',
    startedAtMs: clock.at - 1,
    mode: 'auto',
    metric: 'refusal',
    direction: 'up',
    ...given,
  })
  const live = () => one.rollout.pointer(route).live
  return { clock, healthy, gates, audits, one, startInstance, found, live }
}

test('it goes back to the revision that was healthy, once, and the audit says why', async (t) => {
  const { one, audits, found, live } = await startWorld(t)
  assert.equal(await one.move(found()), 'assistant went back from revision 2 to 1')
  assert.equal(live(), 1)
  const [move] = await one.rollout.moves(route, 1)
  assert.deepEqual([move!.kind, move!.from, move!.to, move!.actor], ['drift', 2, 1, 'drift'])
  assert.equal(move!.reason, 'refusal up in golden set shop, run run')
  const [act] = await audits.search({ org, object: `route:${route}`, limit: 1 })
  assert.deepEqual([act!.action, act!.actor], ['route.drift', 'drift'])
})

test('a proposal moves nothing', async (t) => {
  const { one, found, live } = await startWorld(t)
  assert.equal(await one.move(found({ mode: 'suggest' })), 'to go back: weir rollback assistant --to 1')
  assert.equal(live(), 2)
})

test('a hold wins, until it is lifted', async (t) => {
  const { one, clock, found, live } = await startWorld(t)
  await one.rollout.hold(route, { ...person, reason: 'a launch' })
  clock.at += minuteMs
  assert.match(await one.move(found()), /held \(a launch\)/)
  assert.equal(live(), 2)
  await one.rollout.unhold(route, person)
  clock.at += minuteMs
  assert.match(await one.move(found()), /went back/)
})

test('a hold with a time ends by itself, and moves nothing when it does', async (t) => {
  const { one, clock, found, live } = await startWorld(t)
  const untilMs = clock.at + hourMs
  await one.rollout.hold(route, { ...person, reason: 'a launch', untilMs })
  clock.at = untilMs - 1
  assert.match(await one.move(found()), /held \(a launch\)/)
  clock.at = untilMs
  assert.equal(one.rollout.pointer(route).hold, undefined)
  assert.equal(live(), 2)
  clock.at += minuteMs
  assert.match(await one.move(found()), /went back/)
})

test('a run that began before the last change of the route says nothing of it', async (t) => {
  const { one, clock, found, live } = await startWorld(t)
  const before = found()
  clock.at += minuteMs
  await one.rollout.hold(route, { ...person, reason: 'x' })
  await one.rollout.unhold(route, person)
  assert.match(await one.move(before), /moved while the run was under way/)
  assert.equal(live(), 2)
})

test('without another revision that was healthy lately it is only told', async (t) => {
  const { one, clock, healthy, found, live } = await startWorld(t)
  clock.at += 169 * hourMs
  healthy.push({ target: route, atMs: clock.at })
  clock.at += minuteMs
  assert.equal(await one.move(found()), 'assistant stays: no other revision was healthy lately')
  healthy.push({ target: `${route}@1`, atMs: clock.at })
  assert.match(await one.move(found()), /went back/)
  assert.equal(live(), 1)
})

test('a gate that has passed the revision lately is as good as a healthy run', async (t) => {
  const { one, clock, healthy, gates, found } = await startWorld(t)
  healthy.splice(0, 1)
  assert.match(await one.move(found()), /no other revision/)
  gates.set(1, { verdict: 'fail', hash: 'h', atMs: clock.at, runId: 'r' })
  assert.match(await one.move(found()), /no other revision/)
  gates.set(1, { verdict: 'pass', hash: 'h', atMs: clock.at, runId: 'r' })
  assert.match(await one.move(found()), /went back/)
})

test('a revision that leads to the same models is no way out', async (t) => {
  const { one, found, live } = await startWorld(t, { targets: ['a/clerk'] })
  assert.match(await one.move(found()), /no other revision/)
  assert.equal(live(), 2)
})

test('one move by itself in 24 hours, over midnight too; a person may move as they like', async (t) => {
  const { one, clock, healthy, found, live } = await startWorld(t)
  await one.move(found())
  await one.rollout.promote(route, { ...person, to: 2 })
  for (const [hours, why] of [
    [1, /less than 6 hours ago/],
    [6, /less than a day ago/],
    [16, /less than a day ago/],
  ] as const) {
    clock.at += hours * hourMs
    assert.match(await one.move(found()), why)
    assert.equal(live(), 2)
  }
  clock.at += 2 * hourMs
  healthy.push({ target: `${route}@1`, atMs: clock.at })
  clock.at += minuteMs
  assert.match(await one.move(found()), /went back/)
})

test('it never returns by itself to what it has left by itself', async (t) => {
  const { one, clock, healthy, found, live } = await startWorld(t)
  await one.move(found())
  clock.at += 48 * hourMs
  healthy.push({ target: `${route}@2`, atMs: clock.at }, { target: route, atMs: clock.at })
  clock.at += minuteMs
  assert.match(await one.move(found()), /no other revision/)
  assert.equal(live(), 1)
  // A person has looked: from then on it is a revision like others.
  await one.rollout.promote(route, { ...person, to: 2 })
  await one.rollout.promote(route, { ...person, to: 1 })
  clock.at += minuteMs
  assert.match(await one.move(found()), /went back from revision 1 to 2/)
})

test('of several instances one moves it, and each knows where it is', async (t) => {
  const { one, startInstance, found } = await startWorld(t)
  const others = [await startInstance(), await startInstance(), await startInstance()]
  const all = [one, ...others]
  const said = await Promise.all(all.map(({ move }) => move(found())))
  assert.equal(said.filter((words) => words.includes('went back')).length, 1, said.join('\n'))
  await Promise.all(all.map(({ shelf }) => shelf.sync()))
  assert.deepEqual(
    all.map(({ rollout }) => rollout.pointer(route).live),
    [1, 1, 1, 1],
  )
  const moves = await one.rollout.moves(route, 100)
  assert.equal(moves.filter(({ kind }) => kind === 'drift').length, 1)
})
