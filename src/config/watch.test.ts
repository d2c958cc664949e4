import assert from 'node:assert/strict'
import { mkdirSync, mkdtempSync, renameSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import test, { type TestContext } from 'node:test'
import type { Fault } from './fault.ts'
import { type Config, loadConfig, type LoadResult } from './load.ts'
import { type ConfigWatch, restartPaths, watchConfig } from './watch.ts'

type Outcome =
  | { port: number; restart: readonly string[] }
  | { faults: readonly Fault[] }
  | { unwatched: string }
  | { error: unknown }

interface Watched {
  readonly watch: ConfigWatch
  readonly folder: string
  /** The next outcome that has not been looked at yet. */
  next(): Promise<Outcome>
  /** Outcomes that nobody asked for. */
  readonly unread: Outcome[]
}

async function watchFolder(t: TestContext, prepare: (folder: string) => void): Promise<Watched> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-watch-'))
  prepare(folder)
  const load = (): Promise<LoadResult> =>
    loadConfig({ folder, env: {}, known: { types: { sim: { env: [] } }, builtIn: 'sim' } })
  const first = await load()
  assert.ok(first.ok)
  const unread: Outcome[] = []
  const waiting: ((outcome: Outcome) => void)[] = []
  const tell = (outcome: Outcome): void => {
    const reader = waiting.shift()
    if (reader) reader(outcome)
    else unread.push(outcome)
  }
  const watch = await watchConfig({
    initial: first.config,
    load,
    settleMs: 5,
    onChange: (config, _, restart) => tell({ port: config.server.port, restart }),
    onRefused: (faults) => tell({ faults }),
    onUnwatched: (unwatched) => tell({ unwatched }),
    onError: (error) => tell({ error }),
  })
  t.after(() => {
    watch.stop()
    rmSync(folder, { recursive: true, force: true })
  })
  const next = (): Promise<Outcome> => {
    const outcome = unread.shift()
    return outcome ? Promise.resolve(outcome) : new Promise((resolve) => waiting.push(resolve))
  }
  return { watch, folder, next, unread }
}

const yaml = (port: number): string => `server: { port: ${port} }\n`

test('a file that is replaced by renaming, as editors do, is read again', async (t) => {
  const { watch, folder, next } = await watchFolder(t, (dir) =>
    writeFileSync(join(dir, 'weir.yaml'), yaml(1)),
  )
  for (const port of [2, 3]) {
    writeFileSync(join(folder, 'new.tmp'), yaml(port))
    renameSync(join(folder, 'new.tmp'), join(folder, 'weir.yaml'))
    assert.deepEqual(await next(), { port, restart: ['server.port'] })
    assert.equal(watch.current().server.port, port)
  }
})

test('a file that is made where there was none is read, and so is one that comes back', async (t) => {
  const { folder, next } = await watchFolder(t, () => undefined)
  for (const port of [1, 2]) {
    writeFileSync(join(folder, 'new.tmp'), yaml(port))
    renameSync(join(folder, 'new.tmp'), join(folder, 'weir.yaml'))
    assert.deepEqual(await next(), { port, restart: ['server.port'] })
    rmSync(join(folder, 'weir.yaml'))
    assert.deepEqual(await next(), { port: 4000, restart: ['server.port'] })
  }
})

test('a file mounted through links, as Kubernetes does, is read again when the links move', async (t) => {
  const { folder, next } = await watchFolder(t, (dir) => {
    mkdirSync(join(dir, 'v1'))
    mkdirSync(join(dir, 'v2'))
    writeFileSync(join(dir, 'v1', 'weir.yaml'), yaml(1))
    writeFileSync(join(dir, 'v2', 'weir.yaml'), yaml(2))
    symlinkSync('v1', join(dir, '..data'))
    symlinkSync(join('..data', 'weir.yaml'), join(dir, 'weir.yaml'))
  })
  symlinkSync('v2', join(folder, '..data_tmp'))
  renameSync(join(folder, '..data_tmp'), join(folder, '..data'))
  assert.deepEqual(await next(), { port: 2, restart: ['server.port'] })
})

test('an invalid file is refused, and the old snapshot stays until a valid one comes', async (t) => {
  const { watch, folder, next } = await watchFolder(t, (dir) =>
    writeFileSync(join(dir, 'weir.yaml'), yaml(1)),
  )
  const before = watch.current()
  writeFileSync(join(folder, 'new.tmp'), 'server: { prot: 2 }')
  renameSync(join(folder, 'new.tmp'), join(folder, 'weir.yaml'))
  const refused = await next()
  assert.ok('faults' in refused)
  assert.equal(refused.faults[0]?.path, 'server.prot')
  assert.equal(watch.current(), before)
  writeFileSync(join(folder, 'new.tmp'), yaml(3))
  renameSync(join(folder, 'new.tmp'), join(folder, 'weir.yaml'))
  assert.deepEqual(await next(), { port: 3, restart: ['server.port'] })
})

test('a secret file that changes is a change of the configuration', async (t) => {
  const { watch, folder, next } = await watchFolder(t, (dir) => {
    mkdirSync(join(dir, 'secrets'))
    writeFileSync(join(dir, 'secrets', 'token'), 'the-first-token-of-all')
    writeFileSync(join(dir, 'weir.yaml'), 'admin: { token: file:secrets/token }')
  })
  writeFileSync(join(folder, 'secrets', 'new'), 'the-second-token-of-all')
  renameSync(join(folder, 'secrets', 'new'), join(folder, 'secrets', 'token'))
  assert.deepEqual(await next(), { port: 4000, restart: [] })
  assert.equal(watch.current().admin.token?.reveal(), 'the-second-token-of-all')
})

test('a reload on demand reads unchanged files too, one at a time', async (t) => {
  const { watch, next, unread } = await watchFolder(t, (dir) =>
    writeFileSync(join(dir, 'weir.yaml'), yaml(1)),
  )
  await Promise.all([watch.reload(), watch.reload()])
  assert.deepEqual(await next(), { port: 1, restart: [] })
  assert.deepEqual(await next(), { port: 1, restart: [] })
  assert.deepEqual(unread, [])
})

test('after stop nothing is told any more', async (t) => {
  const { watch, unread } = await watchFolder(t, (dir) => writeFileSync(join(dir, 'weir.yaml'), yaml(1)))
  const reload = watch.reload()
  watch.stop()
  await reload
  await watch.reload()
  assert.deepEqual(unread, [])
})

test('changes that only a restart takes up are named', async (t) => {
  const { watch } = await watchFolder(t, (dir) => writeFileSync(join(dir, 'weir.yaml'), yaml(1)))
  const config = watch.current()
  const next: Config = { ...config, dataDir: '/elsewhere', server: { ...config.server, host: '::' } }
  assert.deepEqual(restartPaths(next, config), ['server.host', 'data'])
})
