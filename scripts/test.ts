/**
 * Runs the tests with node:test, and says what could not run here.
 * `--unit`: only those beside the code. `--full`: full counts instead of short ones (WEIR_PROVE=1).
 * Anything else is passed on to `node --test`, where files, or folders of them, replace the default ones.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, statSync } from 'node:fs'
import { availableParallelism } from 'node:os'
import { resolve } from 'node:path'

const root = resolve(import.meta.dirname, '..')
const unit = ['src/**/*.test.ts', 'dashboard/src/**/*.test.ts', 'scripts/**/*.test.ts']

const given = process.argv.slice(2)
const isUnit = given.includes('--unit')
const isFull = given.includes('--full')
const isFolder = (path: string): boolean => statSync(path, { throwIfNoEntry: false })?.isDirectory() === true
const passedOn = given
  .filter((argument) => argument !== '--unit' && argument !== '--full')
  .map((argument) => (isFolder(argument) ? `${argument}/**/*.test.ts` : argument))
const files = isUnit ? unit : [...unit, 'test/**/*.test.ts']
const hasFiles = passedOn.some((argument) => !argument.startsWith('-'))

const child = spawn(
  process.execPath,
  [
    '--disable-warning=ExperimentalWarning',
    // node:test's own default is one file less at a time, which on two cores means one after another. Full counts
    // hold rates and times against what is possible: nothing runs beside them.
    `--test-concurrency=${isFull ? 1 : Math.max(2, availableParallelism() - 1)}`,
    // Without it one file that hangs takes the whole run with it. Full counts take as long as they take.
    ...(isFull ? [] : ['--import=./test/support/file-deadline.ts']),
    '--test',
    ...passedOn,
    ...(hasFiles ? [] : files),
  ],
  { cwd: root, stdio: 'inherit', env: { ...process.env, ...(isFull && { WEIR_PROVE: '1' }) } },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
const [code, signal] = (await once(child, 'close')) as [number | null, NodeJS.Signals | null]

const shared = resolve(root, process.env['WEIR_SHARED'] ?? '../shared')
if (!existsSync(shared)) {
  console.log(
    'left out: recorded provider traffic and published API schemas (no ../shared beside the repository)',
  )
}
if (process.env['WEIR_POSTGRES'] === undefined) {
  console.log(
    'left out: a real PostgreSQL (`node scripts/services.ts -- npm test` starts one); PGlite stood in',
  )
}
if (!isUnit && process.env['WEIR_PYTHON'] === undefined) {
  console.log('left out: the Python SDKs (WEIR_PYTHON names no interpreter that has them)')
}
if (!isFull) console.log('short counts; `npm run prove` runs the full ones')
process.exitCode = code ?? (signal === null ? 1 : 130)
