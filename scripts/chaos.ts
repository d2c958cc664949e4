/**
 * Runs the crash tests for long: `npm run chaos -- --kills 1000 --seed any-text`. With `--minutes` it ends when that is
 * over. Each test prints what it has compared: kills, receipts, lines, and how many were lost or doubled.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: 'chaos' },
  },
})
const root = resolve(import.meta.dirname, '..')
const child = spawn(
  process.execPath,
  ['--disable-warning=ExperimentalWarning', '--test', 'test/chaos/crash.test.ts'],
  {
    cwd: root,
    stdio: 'inherit',
    env: {
      ...process.env,
      WEIR_KILLS: values.kills,
      WEIR_SEED: values.seed,
      ...(values.minutes !== undefined && { WEIR_CHAOS_MINUTES: values.minutes }),
    },
  },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
const [code] = (await once(child, 'close')) as [number | null]
process.exitCode = code ?? 1
