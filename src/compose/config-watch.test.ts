/** What the log says of a configuration whose changes are not seen. */

import assert from 'node:assert/strict'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import test from 'node:test'
import { createTemporaryFolder } from '../../test/support/temporary-folder.ts'
import { loadConfig } from '../config/load.ts'
import { asObject, parseJson } from '../core/json.ts'
import { createLog } from '../telemetry/log.ts'
import { Closers } from './closers.ts'
import { watchReloads } from './config-watch.ts'

test('a folder that cannot be watched is named, with what to do; a reload on demand watches it again', async (t) => {
  const folder = createTemporaryFolder()
  writeFileSync(join(folder, 'weir.yaml'), 'server: { port: 1 }')
  const load = () => loadConfig({ folder, env: {}, known: { types: { sim: { env: [] } }, builtIn: 'sim' } })
  const loaded = await load()
  assert.ok(loaded.ok)
  const late = join(folder, 'late')
  const sources = [...loaded.config.sources, join(late, 'token')]
  const initial = { ...loaded.config, sources }
  const lines: string[] = []
  const closers = new Closers()
  const log = createLog({
    level: 'info',
    format: 'json',
    destination: { write: (line) => void lines.push(line) },
  })
  const watch = await watchReloads({
    initial,
    load: async () => ({ ok: true, config: initial }),
    takeUp: () => Promise.resolve(),
    log,
    closers,
  })
  t.after(() => closers.close())
  const told = () => lines.splice(0).map((line) => asObject(parseJson(line))!)
  const [warned, ...more] = told()
  assert.deepEqual([warned?.['level'], warned?.['folder'], more], ['warn', late, []])
  assert.match(String(warned?.['msg']), /not noticed: send SIGHUP after one/)
  assert.match(String(warned?.['cause']), /ENOENT/)
  mkdirSync(late)
  await watch.reload()
  assert.deepEqual(
    told().map(({ msg }) => msg),
    ['configuration reloaded'],
  )
})
