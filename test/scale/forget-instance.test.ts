/** An instance that will not come back is forgotten: what it kept is free, what it may have spent is not, and it may still return. */

import assert from 'node:assert/strict'
import { execFile } from 'node:child_process'
import { dirname } from 'node:path'
import { promisify } from 'node:util'
import { createClient } from '@redis/client'
import pg from 'pg'
import { asArray, asObject, asString, type JsonObject } from '../../src/core/json.ts'
import type { Receipt } from '../../src/simulator/receipts.ts'
import { type Instances, testInstances } from '../support/instances.ts'
import { until } from '../support/until.ts'

const config: JsonObject = {
  models: { 'openai/*': { price: { input: 1, output: 1_000 } } },
  budgets: [{ scope: 'organisation', usd: 50, period: 'month', cap: 'hard' }],
}

function ask(it: Instances, at: number, model: string): Promise<Response> {
  return it.post(at, '/v1/chat/completions', {
    model,
    max_tokens: 100,
    messages: [{ role: 'user', content: 'of the river' }],
  })
}

async function stateOf(it: Instances, at: number): Promise<{ spent: number; reserved: number }> {
  const { data } = await it.admin(at, '/budgets?scope=organisation')
  const state = asObject(asArray(asObject(asArray(data)[0])?.['states'])[0])
  const nano = (name: string) => Math.round(Number(state?.[name] ?? 0) * 1e9)
  return { spent: nano('spent_usd'), reserved: nano('reserved_usd') }
}

async function instancesOf(it: Instances, at: number): Promise<JsonObject[]> {
  const { data } = await it.admin(at, '/ledger/instances')
  return asArray(data).map((row) => asObject(row)!)
}

const isOpen = ({ ended }: Receipt): boolean => ended === 'open'

/** As if it had died long ago. */
async function age(it: Instances, name: string): Promise<void> {
  const redis = createClient({ url: it.redis.url })
  await redis.connect()
  const key = '{weir}:budgets:1:instances'
  const [token, state, , epoch] = (await redis.hGet(key, name))!.split(' ')
  await redis.hSet(key, name, `${token} ${state} 1 ${epoch}`)
  redis.destroy()
  const database = new pg.Client(it.postgres.url)
  await database.connect()
  await database.query('update ledger_journals set seen_at_ms = 1 where instance = $1', [name])
  await database.end()
}

/** The verb, beside a running gateway. */
async function weir(it: Instances, at: number, verb: string, ...args: string[]): Promise<string> {
  const { spawnfile, spawnargs } = it.gateways[at]!.child
  const file = spawnargs.find((argument) => argument.endsWith('weir.yaml'))!
  const env = { PATH: process.env['PATH'] ?? '', HOME: dirname(file) }
  const { stdout } = await promisify(execFile)(spawnfile, ['ledger', verb, '--config', file, ...args], {
    cwd: dirname(file),
    env,
  })
  return stdout
}

testInstances(
  'an instance that is gone is forgotten with what it kept, and one that lives is not',
  2,
  async (it) => {
    await until(
      'a call under the cap',
      async () => ((await ask(it, 0, 'openai/echo')).ok ? true : undefined),
      20_000,
    )
    await until('both to know of it', async () => ((await stateOf(it, 1)).spent > 0 ? true : undefined))
    const listed = await until('both to be listed', async () => {
      const found = await instancesOf(it, 1)
      return found.length === 2 && found.every((row) => Number(row['shipped_lines']) >= 0) ? found : undefined
    })
    assert.deepEqual(
      listed.map((row) => [row['is_self'], row['is_alive']]),
      [
        [true, true],
        [false, true],
      ],
    )
    const [self, other] = listed.map((row) => asString(row['name'])!) as [string, string]
    const refused = [self, other, 'nobody'].map((name) => it.admin(1, `/ledger/instances/${name}`, 'DELETE'))
    assert.deepEqual(
      (await Promise.all(refused)).map((answer) => asObject(answer['error'])?.['code']),
      ['conflict', 'conflict', 'not_found'],
    )

    const before = (await stateOf(it, 1)).spent
    const lost = ask(it, 0, 'openai/fault/ttfb-inf').catch(() => undefined)
    const held = await until('the call to be held', async () => {
      const { reserved } = await stateOf(it, 1)
      return reserved > 90_000_000 ? reserved : undefined
    })
    // Its intent is in the journal only when it was sent: held alone, it would leave nothing to recover.
    await until('the call to be sent', () => it.simulator.receipts().some(isOpen) || undefined)
    it.gateways[0]!.child.kill('SIGKILL')
    await Promise.all([lost, it.gateways[0]!.exited])
    // What it had told its servers last may come after its end.
    const list = await until('it to be gone', async () => {
      await age(it, other)
      const found = await weir(it, 1, 'instances')
      return found.includes(' gone ') ? found : undefined
    })
    assert.match(list, new RegExp(`${self} +this one .*\n${other} +gone `))
    // One name in 64 begins with a dash.
    const told = await weir(it, 1, 'forget-instance', '--', other)
    assert.match(told, new RegExp(`${other} is forgotten`))
    const [, freed, counted] = /: ([\d.]+) USD are free again; ([\d.]+) USD that/.exec(told)!
    assert.ok(Number(freed) > 0.4, told) // a hundredth of what was left of 50 USD
    assert.equal(Math.round(Number(counted) * 1e9), held)
    assert.deepEqual(await stateOf(it, 1), { spent: before + held, reserved: 0 })
    assert.equal((await instancesOf(it, 1)).length, 1)
    const { data: acts } = await it.admin(1, '/audit?action=instance.forget')
    const objects = asArray(acts).map((act) => asObject(act)?.['object'])
    assert.deepEqual(new Set(objects), new Set([self, other, 'nobody'].map((name) => `instance:${name}`)))

    // Its disk turns up: what its journal says takes the place of what was assumed.
    await it.startAgain(0)
    await until(
      'its call to be settled by itself',
      async () => {
        const [{ spent, reserved }, rows] = [await stateOf(it, 1), await instancesOf(it, 1)]
        return rows.length === 2 && reserved === 0 && spent === before + held ? true : undefined
      },
      60_000, // long runs share their machine
    )
    const verified = await it.admin(0, '/ledger/verify')
    assert.deepEqual([verified['recovered'], verified['differences']], [1, []])
  },
  config,
)
