/** The verbs of `weir drift` that people work with: when sets run, what becomes of alarms, which routes stay. */

import assert from 'node:assert/strict'
import { spawn } from 'node:child_process'
import { join, resolve } from 'node:path'
import { text } from 'node:stream/consumers'
import { writeFileSync } from 'node:fs'
import { test } from 'node:test'
import { withAdmin } from '../../src/cli/admin-client.ts'
import { asArray, asObject, asString, type Json, parseJson } from '../../src/core/json.ts'
import { startStack } from '../support/stack.ts'
import { createTemporaryFolder } from '../support/temporary-folder.ts'

const root = resolve(import.meta.dirname, '../..')

const golden = JSON.stringify({
  name: 'shop',
  target: 'assistant',
  samples: 3,
  baseline: { runs: 12 },
  prompts: Array.from({ length: 8 }, (_, at) => ({
    id: `fact-${at}`,
    prompt: `Goods may be sent back within ${at + 10} days. What is the rule?`,
  })),
})

test('the verbs of the watch for drift, against a running gateway', async (t) => {
  const stack = await startStack(t, { config: { routes: { assistant: { targets: ['openai/clerk'] } } } })
  const data = stack.gateway.config.dataDir
  const folder = createTemporaryFolder()
  async function weir(...args: string[]): Promise<{ code: number; stdout: string; stderr: string }> {
    const child = spawn(join(root, 'bin/weir'), ['drift', ...args, '--data', data], {
      cwd: folder,
      env: { PATH: process.env['PATH'] },
    })
    const closed = new Promise<number>((done) => child.once('close', (code) => done(code ?? -1)))
    const [stdout, stderr] = await Promise.all([text(child.stdout), text(child.stderr)])
    return { code: await closed, stdout, stderr }
  }
  const ok = async (...args: string[]): Promise<string> => {
    const { code, stdout, stderr } = await weir(...args)
    assert.equal(code, 0, stderr)
    return stdout
  }
  const acts = async (): Promise<Json[]> =>
    asArray((await stack.admin('/audit?limit=100'))['data']).flatMap((act) => asObject(act)?.['action'] ?? [])

  await t.test('a set is kept without a run, and then runs when a person says', async () => {
    writeFileSync(join(folder, 'golden.yaml'), golden)
    assert.equal(await ok('keep', 'golden.yaml'), 'shop, version 1\n')
    assert.match(
      await ok('schedule', 'shop', '0 3 * * *', '--timezone', 'Europe/Zurich'),
      /runs next at 20.+:0[01]:/,
    )
    const [set] = asArray((await stack.admin('/drift'))['data']).map(asObject)
    assert.deepEqual([set?.['schedule'], set?.['timezone']], ['0 3 * * *', 'Europe/Zurich'])
    assert.ok(asString(set?.['scheduled_by']))
    assert.match((await weir('schedule', 'shop', 'often')).stderr, /not a cron expression/)
    assert.match((await weir('schedule', 'shop')).stderr, /give a cron expression/)
    assert.equal(await ok('schedule', 'shop', '--off'), 'shop runs only when it is asked to\n')
    assert.equal(await ok('schedule', 'shop', '--reset'), 'shop runs only when it is asked to\n')
    assert.match((await weir('schedule', 'shop', '--reset')).stderr, /Nobody has decided when shop runs/)
    for (const act of ['drift.keep', 'drift.schedule', 'drift.unschedule']) {
      assert.ok((await acts()).includes(act), act)
    }
  })

  await t.test(
    'an alarm is listed, shown with its answers, acknowledged, silenced and resolved',
    async () => {
      assert.equal(await ok('alarms'), 'no alarm is open\n')
      await withAdmin({ data }, (admin) =>
        admin.post('/drift/runs', { set: 'shop', baseline: true, times: 12 }),
      )
      stack.simulator.setScenario({ rules: [{ match: { model: 'clerk' }, respond: 'clerk-german' }] })
      assert.equal((await weir('run', '--set', 'shop')).code, 100)
      assert.match(await ok('alarms'), /shop {2}open, since .*\n {2}\S/)
      const shown = await ok('alarm', 'shop')
      assert.match(shown, /\n {2}! /)
      const both = asObject(parseJson(await ok('alarm', 'shop', '--json')))
      assert.equal(asObject(both?.['run'])?.['verdict'], 'drift')
      const id = asString(asObject(both?.['alarm'])?.['id'])!
      assert.match(await ok('acknowledge', id), /acknowledged by /)
      assert.match(await ok('silence', 'shop', '--for', '2h'), /silenced until 20/)
      assert.match(await ok('resolve', 'shop'), /resolved by /)
      assert.equal(await ok('alarms'), 'no alarm is open\n')
      assert.match(await ok('alarms', '--all', '--set', 'shop'), /resolved/)
      assert.match((await weir('resolve', 'shop')).stderr, /there is no alarm shop/)
      assert.match((await weir('silence', id, '--for', 'long')).stderr, /A time is a number/)
      const changes = (await acts()).filter((act) => act === 'drift.alarm')
      assert.equal(changes.length, 3)
    },
  )

  await t.test('a route is held and released', async () => {
    assert.match(await ok('hold', 'assistant', '--reason', 'a launch'), /held: a launch/)
    assert.equal(asObject((await stack.admin('/routes/assistant'))['hold'])?.['reason'], 'a launch')
    assert.match(
      await ok('hold', 'assistant', '--reason', 'a launch', '--for', '2d'),
      /held until \d{4}-\S+: a/,
    )
    const held = asObject((await stack.admin('/routes/assistant'))['hold'])
    const lastsMs = Date.parse(asString(held?.['until']) ?? '') - Date.now()
    assert.ok(lastsMs > 86_400_000 && lastsMs <= 2 * 86_400_000)
    await ok('release', 'assistant')
    assert.equal((await stack.admin('/routes/assistant'))['hold'], undefined)
  })

  await t.test('silenced without an end is refused', async () => {
    await withAdmin({ data }, async (admin) => {
      const [alarm] = asArray(asObject(await admin.get('/drift/alarms'))?.['data']).map(asObject)
      const path = `/drift/alarms/${asString(alarm?.['id'])}`
      await assert.rejects(admin.patch(path, { state: 'silenced' }), /how long an alarm is silenced/)
    })
  })
})
