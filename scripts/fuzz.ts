/**
 * Runs the fuzz tests for long, with another seed each round: `npm run fuzz -- --minutes 60 --seed 1`. A round that
 * fails names its seed and ends the run: WEIR_FUZZ_SEED repeats it.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { parseArgs } from 'node:util'

const { values } = parseArgs({
  options: {
    minutes: { type: 'string', default: '1' },
    seed: { type: 'string', default: '20260' },
  },
})
const minutes = Number(values.minutes)
const firstSeed = Number(values.seed)
if (!(minutes > 0) || !Number.isInteger(firstSeed)) {
  console.error('usage: npm run fuzz -- [--minutes N] [--seed N]')
  process.exit(2)
}

const root = resolve(import.meta.dirname, '..')
const endMs = performance.now() + minutes * 60_000
let rounds = 0
process.exitCode = 0
do {
  const seed = firstSeed + rounds * 100_000
  const child = spawn(
    process.execPath,
    ['--disable-warning=ExperimentalWarning', '--test', 'test/fuzz/*.test.ts'],
    { cwd: root, stdio: 'inherit', env: { ...process.env, WEIR_FUZZ_SEED: String(seed) } },
  )
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => child.kill(signal))
  const [code] = (await once(child, 'close')) as [number | null]
  rounds++
  if (code !== 0) {
    console.error(`round ${rounds} failed; WEIR_FUZZ_SEED=${seed} repeats it`)
    process.exitCode = 1
  }
} while (process.exitCode === 0 && performance.now() < endMs)
console.log(`${rounds} rounds of fuzzing`)
