/** The launcher, run as users run it: from any folder, through links, installed, and without a fit runtime. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { spawn, spawnSync } from 'node:child_process'
import {
  chmodSync,
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  realpathSync,
  rmSync,
  symlinkSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import test, { type TestContext } from 'node:test'

const launcher = resolve(import.meta.dirname, '../../bin/weir')

/** Prints what the launcher handed over. The annotation makes it fail where types are not stripped. */
const program = `const shown: unknown = {
  argv: process.argv.slice(2), entry: import.meta.filename, execPath: process.execPath, cwd: process.cwd(),
  pid: process.pid, compileCache: process.env['NODE_COMPILE_CACHE'] ?? null,
}
console.log(JSON.stringify(shown))
`

interface Shown {
  argv: string[]
  entry: string
  execPath: string
  cwd: string
  pid: number
  compileCache: string | null
}

function temporaryFolder(t: TestContext): string {
  // Its real path, for the launcher shows real paths (macOS reaches its temporary folder through a link).
  const folder = mkdtempSync(join(realpathSync(tmpdir()), 'weir-bin-'))
  t.after(() => rmSync(folder, { recursive: true }))
  return folder
}

function put(file: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(file), { recursive: true })
  writeFileSync(file, text)
  chmodSync(file, mode)
}

/** A package laid out as a checkout is; `runtime` says which node_modules/.bin has the runtime. */
function layOut(root: string, runtime = root): void {
  mkdirSync(join(root, 'bin'), { recursive: true })
  cpSync(launcher, join(root, 'bin/weir'))
  put(join(root, 'package.json'), '{"type":"module"}')
  put(join(root, 'src/cli/main.ts'), program)
  mkdirSync(join(runtime, 'node_modules/.bin'), { recursive: true })
  symlinkSync(process.execPath, join(runtime, 'node_modules/.bin/node'))
}

interface Run {
  readonly cwd?: string
  readonly args?: readonly string[]
  readonly env?: Readonly<Record<string, string>>
}

/** Runs the launcher in an environment of its own. */
function run(command: string, { cwd = tmpdir(), args = [], env = {} }: Run = {}) {
  return spawnSync(command, args, { cwd, env: { PATH: '/usr/bin:/bin', ...env }, encoding: 'utf8' })
}

/** A PATH with the few tools the launcher uses and, where given, one named `node`. */
function pathWith(folder: string, node?: string): string {
  const tools = join(folder, 'tools')
  mkdirSync(tools, { recursive: true })
  for (const tool of ['readlink', 'dirname']) {
    const found = ['/usr/bin', '/bin'].map((place) => join(place, tool)).find((file) => existsSync(file))
    assert.ok(found, `${tool} is on every POSIX system`)
    symlinkSync(found, join(tools, tool))
  }
  if (node !== undefined) put(join(tools, 'node'), node, 0o755)
  return tools
}

function shownBy(result: ReturnType<typeof run>): Shown {
  assert.equal(result.status, 0, result.stderr)
  return JSON.parse(result.stdout) as Shown
}

test('runs the sources with the pinned runtime from another folder, arguments untouched', (t) => {
  const folder = temporaryFolder(t)
  const root = join(folder, 'we ir')
  layOut(root)
  const shown = shownBy(
    run(join(root, 'bin/weir'), { cwd: folder, args: ['serve', '--port', '0', 'a b', ''] }),
  )
  assert.deepEqual(shown.argv, ['serve', '--port', '0', 'a b', ''])
  assert.equal(shown.cwd, folder)
  assert.equal(shown.entry, join(root, 'src/cli/main.ts'))
  assert.equal(shown.execPath, process.execPath)
})

test('works through a chain of absolute and relative links', (t) => {
  const folder = temporaryFolder(t)
  layOut(join(folder, 'weir'))
  mkdirSync(join(folder, 'links'))
  symlinkSync(join(folder, 'weir/bin/weir'), join(folder, 'links/absolute'))
  symlinkSync('../links/absolute', join(folder, 'links/weir'))
  const shown = shownBy(run('weir', { env: { PATH: `${join(folder, 'links')}:/usr/bin:/bin` } }))
  assert.equal(shown.entry, join(folder, 'weir/src/cli/main.ts'))
})

test('installed as a dependency: the runtime is hoisted and only dist is shipped', (t) => {
  const app = temporaryFolder(t)
  const root = join(app, 'node_modules/weir')
  layOut(root, app)
  rmSync(join(root, 'src'), { recursive: true })
  put(join(root, 'dist/src/cli/main.js'), 'console.log(JSON.stringify({ entry: import.meta.filename }))')
  symlinkSync('../weir/bin/weir', join(app, 'node_modules/.bin/weir'))
  const shown = shownBy(run(join(app, 'node_modules/.bin/weir')))
  assert.equal(shown.entry, join(root, 'dist/src/cli/main.js'))
})

test('becomes the runtime: same process id, and a signal reaches the program', async (t) => {
  const root = temporaryFolder(t)
  layOut(root)
  put(
    join(root, 'src/cli/main.ts'),
    "process.on('SIGTERM', () => process.exit(7)); console.log(process.pid); setInterval(() => {}, 1000)",
  )
  const child = spawn(join(root, 'bin/weir'), { stdio: ['ignore', 'pipe', 'inherit'] })
  const [line] = (await once(child.stdout, 'data')) as [Buffer]
  assert.equal(Number(line.toString()), child.pid)
  child.kill('SIGTERM')
  assert.deepEqual(await once(child, 'exit'), [7, null])
})

test('passes over a runtime that is too old or does not start, and takes the one of the system', (t) => {
  const root = temporaryFolder(t)
  layOut(root)
  const pinned = join(root, 'node_modules/.bin/node')
  const wrapper = `#!/bin/sh\nexec '${process.execPath}' "$@"\n`
  const tools = pathWith(root, wrapper)
  for (const unfit of ['#!/bin/sh\necho v20.11.0\n', '#!/bin/sh\nexit 127\n', '#!/bin/sh\necho nonsense\n']) {
    rmSync(pinned)
    put(pinned, unfit, 0o755)
    const shown = shownBy(run(join(root, 'bin/weir'), { env: { PATH: tools } }))
    assert.equal(shown.execPath, process.execPath)
  }
})

test('without a fit runtime it says what to do', (t) => {
  const root = temporaryFolder(t)
  layOut(root)
  rmSync(join(root, 'node_modules'), { recursive: true })
  const tools = pathWith(root, '#!/bin/sh\necho v22.20.0\n')
  const result = run(join(root, 'bin/weir'), { env: { PATH: tools } })
  assert.equal(result.status, 1)
  assert.equal(result.stdout, '')
  assert.match(result.stderr, /^weir: no Node 24 or later: .* Run `npm ci` in .*, or install Node 24\.\n$/)
})

test('without a program it says what to do', (t) => {
  const root = temporaryFolder(t)
  layOut(root)
  rmSync(join(root, 'src'), { recursive: true })
  const result = run(join(root, 'bin/weir'))
  assert.equal(result.status, 1)
  assert.match(result.stderr, /^weir: no program in .*Install the package again\.\n$/)
})

test('the compile cache lives in the cache folder of the user, or nowhere', (t) => {
  const root = temporaryFolder(t)
  layOut(root)
  const weir = join(root, 'bin/weir')
  const home = join(root, 'home')
  assert.equal(shownBy(run(weir, { env: { HOME: home } })).compileCache, join(home, '.cache/weir/compile'))
  assert.equal(
    shownBy(run(weir, { env: { HOME: home, XDG_CACHE_HOME: join(root, 'xdg') } })).compileCache,
    join(root, 'xdg/weir/compile'),
  )
  assert.equal(
    shownBy(run(weir, { env: { NODE_COMPILE_CACHE: '/nowhere/at/all' } })).compileCache,
    '/nowhere/at/all',
  )
  assert.equal(shownBy(run(weir)).compileCache, null)
})
