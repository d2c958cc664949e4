/**
 * Runs the fuzz tests for long, with another seed each round: `npm run fuzz -- --minutes 60 --seed 1`. A round that
 * fails, or in which the event loop stood still for too long, names its seed and ends the run: WEIR_FUZZ_SEED repeats it.
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
/** Of the thread's CPU, in one turn of the event loop. */
const maxStallMs = 200
let rounds = 0
let longestMs = 0
process.exitCode = 0
do {
  const seed = firstSeed + rounds * 100_000
  const { code, stallMs } = await runRound(seed)
  rounds++
  longestMs = Math.max(longestMs, stallMs)
  if (code !== 0 || stallMs > maxStallMs) {
    console.error(`round ${rounds} failed; WEIR_FUZZ_SEED=${seed} repeats it`)
    process.exitCode = 1
  }
} while (process.exitCode === 0 && performance.now() < endMs)
console.log(`${rounds} rounds of fuzzing, longest stall ${longestMs} ms`)

async function runRound(seed: number): Promise<{ code: number | null; stallMs: number }> {
  const child = spawn(
    process.execPath,
    [
      '--disable-warning=ExperimentalWarning',
      // A file whose stack could not be ended is ended with it, and its seed is told.
      '--import=./test/support/file-deadline.ts',
      '--test',
      'test/fuzz/*.test.ts',
    ],
    {
      cwd: root,
      stdio: ['inherit', 'pipe', 'inherit'],
      env: { ...process.env, WEIR_FUZZ_SEED: String(seed) },
    },
  )
  const pass = (signal: NodeJS.Signals) => void child.kill(signal)
  const signals = ['SIGINT', 'SIGTERM'] as const
  for (const signal of signals) process.on(signal, pass)
  let output = ''
  child.stdout.on('data', (chunk: Buffer) => {
    output += chunk.toString()
    process.stdout.write(chunk)
  })
  const [code] = (await once(child, 'close')) as [number | null]
  for (const signal of signals) process.off(signal, pass)
  const stalls = [...output.matchAll(/longest stall (\d+) ms/g)].map(([, ms]) => Number(ms))
  return { code, stallMs: Math.max(0, ...stalls) }
}
