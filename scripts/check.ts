/** Runs every static check at once and prints what each said and how long it took. Unit tests are in `npm test`. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { resolve } from 'node:path'
import { text } from 'node:stream/consumers'

interface Check {
  readonly name: string
  readonly command: string
  readonly args: readonly string[]
}

const root = resolve(import.meta.dirname, '..')
const bin = (name: string): string => resolve(root, 'node_modules/.bin', name)

const checks: readonly Check[] = [
  { name: 'format', command: bin('oxfmt'), args: ['--check'] },
  { name: 'types', command: bin('tsc'), args: ['-p', '.'] },
  { name: 'types of the dashboard', command: bin('tsc'), args: ['-p', 'dashboard'] },
  {
    name: 'lint',
    command: bin('oxlint'),
    args: ['--type-aware', '--report-unused-disable-directives', '--deny-warnings'],
  },
  { name: 'layers', command: process.execPath, args: ['scripts/check-layers.ts'] },
  { name: 'unused', command: bin('knip'), args: ['--no-progress'] },
  { name: 'docs', command: process.execPath, args: ['scripts/check-docs.ts'] },
]

interface Outcome {
  readonly name: string
  readonly passed: boolean
  readonly seconds: string
  readonly output: string
}

async function outcomeOf({ name, command, args }: Check): Promise<Outcome> {
  const startMs = performance.now()
  const child = spawn(command, args, {
    cwd: root,
    stdio: ['ignore', 'pipe', 'pipe'],
    env: { ...process.env, NO_COLOR: '1' },
  })
  const closed = once(child, 'close') as Promise<[number | null]>
  const [out, err, [code]] = await Promise.all([text(child.stdout), text(child.stderr), closed])
  const seconds = ((performance.now() - startMs) / 1000).toFixed(1)
  return { name, passed: code === 0, seconds, output: `${out}${err}`.trim() }
}

const startMs = performance.now()
const outcomes = await Promise.all(
  checks.map(async (check) => {
    const outcome = await outcomeOf(check)
    console.log(
      `${outcome.passed ? 'ok  ' : 'FAIL'} ${outcome.name.padEnd(7)} ${outcome.seconds.padStart(5)} s`,
    )
    return outcome
  }),
)
const failed = outcomes.filter(({ passed }) => !passed)
for (const { name, output } of failed) console.error(`\n--- ${name} ---\n${output}`)
const total = ((performance.now() - startMs) / 1000).toFixed(1)
console.log(`\n${failed.length} of ${checks.length} checks failed; ${total} s`)
process.exitCode = failed.length === 0 ? 0 : 1
