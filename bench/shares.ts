/**
 * Where the CPU of a request goes, by the kernel's profiler: `node bench/shares.ts [--write]`. Wants Linux's `perf`, since
 * V8's own profiler counts time, also that in which another process had the core.
 */

import { execFileSync, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { runLoad } from './load.ts'
import { settingLine, settingOf, table, writePage } from './report.ts'
import { chatRequest } from './requests.ts'
import { models, openRig } from './rig.ts'
import { sideOf } from './scenarios.ts'

/** The first that a file's address contains. */
const groups: readonly (readonly [name: string, parts: readonly string[]])[] = [
  [
    'the ledger and its tables',
    [
      'src/ledger/',
      'src/storage/sqlite/journal',
      'buffered-writer',
      'group-log',
      'rollups',
      'src/models/',
      'checkpoint',
    ],
  ],
  ['request records', ['src/records/', 'record-store', 'gateway/record.ts']],
  [
    'dialects: reading and checking requests and answers',
    ['src/dialects/', 'src/core/', 'src/framing/', 'src/schema/'],
  ],
  [
    'the request path: identification, plan, attempt, answer',
    ['src/gateway', 'src/access/', 'src/limits/', 'src/routing/', 'src/providers/'],
  ],
  ['upstream: guards, deadlines, the pump', ['src/upstream/']],
  ['metrics, alerts, events', ['src/telemetry/', 'src/alerts/', 'src/drift/', 'src/compose/', 'src/main.ts']],
  ['reading requests, sending answers (src/http)', ['src/http/']],
  ['undici', ['node_modules/undici/']],
  ['`node:http` and the rest of Node', ['node:']],
]

const native = 'no JavaScript on the stack: the event loop, reading sockets, collecting garbage'

const { values } = parseArgs({ options: { write: { type: 'boolean', default: false } } })
if (spawnSync('perf', ['--version']).status !== 0) {
  console.error('`perf` is not there: it comes with the tools of the kernel (Debian: linux-perf)')
  process.exit(2)
}
const setting = settingLine(settingOf('normal'))
const folder = mkdtempSync(join(tmpdir(), 'weir-shares-'))
try {
  const recording = join(folder, 'perf.data')
  await record(recording)
  const stacks = execFileSync('perf', ['script', '-i', recording, '-F', 'comm,ip,sym'], {
    maxBuffer: 2 ** 31,
    stdio: ['ignore', 'pipe', 'ignore'],
  })
  const text = table(['', 'share'], ['---', '---:'], rowsOf(stacks.toString()))
  console.log(text)
  if (values.write) writePage('node bench/shares.ts --write', `${setting}\n\n${text}`)
} finally {
  rmSync(folder, { recursive: true })
}

/** Of a gateway that is warm, under the load of `chat` with 32 callers. */
async function record(file: string): Promise<void> {
  const rig = await openRig({ NODE_OPTIONS: '--perf-basic-prof --interpreted-frames-native-stack' })
  try {
    const gateway = await rig.start('gateway')
    const run = (durationMs: number) =>
      runLoad(sideOf('gateway', gateway, chatRequest(models.chat, 60), { callers: 32, durationMs }).load)
    await run(15_000)
    const perf = spawn('perf', ['record', '-F', '4000', '-g', '-p', String(gateway.pid), '-o', file], {
      stdio: 'ignore',
    })
    await run(6_000)
    perf.kill('SIGINT')
    await once(perf, 'exit')
  } finally {
    await rig.close()
  }
}

/** A sample counts for the innermost file on its stack that belongs to a group: what is native, for who called it. */
function rowsOf(script: string): string[][] {
  const counts = new Map<string, number>()
  let total = 0
  for (const stack of script.split('\n\n')) {
    const frames = stack.trim().split('\n').slice(1)
    if (frames.length === 0) continue
    const group = firstGroup(frames) ?? native
    counts.set(group, (counts.get(group) ?? 0) + 1)
    total++
  }
  return [...counts]
    .toSorted(([, a], [, b]) => b - a)
    .map(([name, count]) => [name, `${((count / total) * 100).toFixed(1)} %`])
}

function firstGroup(frames: readonly string[]): string | undefined {
  for (const frame of frames) {
    if (!frame.includes(' JS:')) continue
    const found = groups.find(([, parts]) => parts.some((part) => frame.includes(part)))
    if (found) return found[0]
  }
  return undefined
}
