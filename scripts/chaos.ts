/**
 * Runs the crash tests for long: `npm run chaos -- --kills 1000 --seed any-text`. With `--minutes` it ends when that is
 * over; with `--write` the figures go into docs/benchmarks.md. Each test prints what it has compared.
 */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { parseArgs } from 'node:util'
import { settingLine, settingOf, table, writePage } from '../bench/report.ts'
import type { ChaosLine } from '../test/chaos/report.ts'

const { values } = parseArgs({
  options: {
    kills: { type: 'string', default: '200' },
    minutes: { type: 'string' },
    seed: { type: 'string', default: 'chaos' },
    write: { type: 'boolean', default: false },
  },
})
const root = resolve(import.meta.dirname, '..')
const folder = mkdtempSync(join(tmpdir(), 'weir-chaos-'))
const report = join(folder, 'report.jsonl')
const setting = settingOf(`seed \`${values.seed}\``)
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
      WEIR_CHAOS_REPORT: report,
      ...(values.minutes !== undefined && { WEIR_CHAOS_MINUTES: values.minutes }),
    },
  },
)
for (const signal of ['SIGINT', 'SIGTERM'] as const) process.on(signal, () => child.kill(signal))
const [code] = (await once(child, 'close')) as [number | null]
process.exitCode = code ?? 1

const lines = existsSync(report)
  ? readFileSync(report, 'utf8')
      .trimEnd()
      .split('\n')
      .map((line) => JSON.parse(line) as ChaosLine)
  : []
rmSync(folder, { recursive: true, force: true })
const text = `${settingLine(setting)}\n\n${tableOf(lines)}`
console.log(lines.length === 0 ? 'no test has come to its end' : `\n${text}`)
// Figures of a run that has failed or was stopped prove nothing.
if (values.write && code === 0) writePage('npm run chaos -- --kills 1000 --write', text)

function tableOf(all: readonly ChaosLine[]): string {
  const count = (n: number) => n.toLocaleString('en')
  const head = ['', ...all.map(({ name }) => name)]
  const rows: [string, (line: ChaosLine) => string][] = [
    ['kills', ({ kills }) => count(kills)],
    ['calls that the provider received', ({ receipts }) => count(receipts)],
    ['lines of attempts that were sent', ({ lines: own }) => count(own)],
    ['**lost**: received, and without a line', ({ lost }) => `**${count(lost)}**`],
    ['**doubled**: more lines than a kill explains', ({ doubled }) => `**${count(doubled)}**`],
    ['settled at a start, flagged `recovered`', ({ recovered }) => count(recovered)],
    ['of these never received: a kill came before the call was sent', ({ unsent }) => count(unsent)],
    ['answers that came to their end at the client', ({ completed }) => count(completed)],
    ['from the command to the address, median', ({ startMedianMs }) => `${count(startMedianMs)} ms`],
    ['from the command to the address, slowest', ({ startSlowestMs }) => `${count(startSlowestMs)} ms`],
    ['took', ({ tookMs }) => `${(tookMs / 60_000).toFixed(1)} min`],
  ]
  return table(
    head,
    ['---', ...all.map(() => '---:')],
    rows.map(([name, cell]) => [name, ...all.map(cell)]),
  )
}
