/**
 * Portkey's gateway beside Weir, in the harness of `npm run bench`. Usage: node bench/peers/run.ts [--quick] [--write];
 * `--write` puts the result into docs/benchmarks.md.
 * The peer is installed in this folder on its first run, from this folder's own lockfile.
 */

import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { interleave, type Round } from '../interleave.ts'
import { type Measured, startProcess } from '../process.ts'
import { settingLine, settingOf, table, writePage } from '../report.ts'
import { chatRequest, streamRequest } from '../requests.ts'
import { models, openRig, type Rig } from '../rig.ts'
import { sideOf } from '../scenarios.ts'

const peer = { name: 'Portkey 1.15.2', entry: 'node_modules/@portkey-ai/gateway/build/start-server.js' }

const caveats = [
  'Read with care: the peer identifies no caller, keeps no records, counts no usage and needs no configuration;',
  'Weir does all of that here. The peer runs on the same Node as Weir, without its console. It waits 25 ms before',
  'the first chunk of each stream, which costs it time but no CPU. Both were given one core and nothing was tuned.',
]

const { values } = parseArgs({
  options: { quick: { type: 'boolean', default: false }, write: { type: 'boolean', default: false } },
})
const scale = values.quick ? { rounds: 2, warmUpMs: 2_000 } : { rounds: 5, warmUpMs: 10_000 }
const durationMs = values.quick ? 1_000 : 2_000

if (!existsSync(join(import.meta.dirname, peer.entry))) install()
const setting = settingLine(settingOf(values.quick ? 'quick' : 'normal'))
console.log(`${setting}\n${caveats.join('\n')}\n`)
const rows: string[][] = []

const rig = await openRig()
try {
  const subjects = {
    bare: await rig.start('bare'),
    weir: await rig.start('gateway'),
    peer: rig.adopt(await startPeer(rig)),
  }
  for (const callers of [32, 4]) {
    const request = chatRequest(models.chat, 60)
    const round = await interleave(sides(rig, subjects, request, { callers, durationMs }), scale)
    print(`chat, ${callers} callers: per request, latency`, round, (each) => each.latencyP50Ms)
  }
  const request = streamRequest(models.paced, 100)
  const load = { callers: 200, count: 200, pauseMs: 25 }
  const round = await interleave(sides(rig, subjects, request, load), scale)
  print('200 streams of 100 chunks: per chunk, time to first token', round, (each) => each.firstTokenP50Ms)
} finally {
  await rig.close()
}
if (values.write) {
  const head = ['', '', 'CPU', 'to bare', 'p50']
  const text = table(head, ['---', '---', '---:', '---:', '---:'], rows)
  writePage('node bench/peers/run.ts --write', `${setting}\n\n${text}\n\n${caveats.join(' ')}`)
}

/** Its packages' install scripts are not run: it needs none of them. */
function install(): void {
  console.error(`installing ${peer.name} in bench/peers`)
  execFileSync('npm', ['ci', '--ignore-scripts', '--no-audit', '--no-fund'], {
    cwd: import.meta.dirname,
    stdio: ['ignore', 'ignore', 'inherit'],
  })
}

async function startPeer({ folder, measuredCore }: Rig): Promise<Measured> {
  const port = await freePort()
  const started = await startProcess({
    name: 'portkey',
    command: process.execPath,
    args: [join(import.meta.dirname, peer.entry), '--headless', `--port=${port}`],
    core: measuredCore,
    folder,
    address: /(http:\/\/localhost:\d+)[^]*Ready for connections/,
  })
  return { ...started, url: `http://127.0.0.1:${port}` }
}

/** The peer takes no port 0: one that was free a moment ago has to do. */
function freePort(): Promise<number> {
  const server = createServer()
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const { port } = server.address() as AddressInfo
      server.close(() => resolve(port))
    })
  })
}

type Subjects = Readonly<Record<'bare' | 'weir' | 'peer', Measured>>

function sides(
  { simulatorUrl }: Rig,
  { bare, weir, peer }: Subjects,
  request: Parameters<typeof sideOf>[2],
  load: Parameters<typeof sideOf>[3],
) {
  const headers = { 'x-portkey-provider': 'openai', 'x-portkey-custom-host': `${simulatorUrl}/openai/v1` }
  return [
    sideOf('bare', bare, request, load),
    sideOf('weir', weir, request, load),
    sideOf('peer', peer, request, { ...load, headers }),
  ] as const
}

function print(
  what: string,
  round: Readonly<Record<'bare' | 'weir' | 'peer', Round>>,
  timeOf: (round: Round) => number,
): void {
  console.log(what)
  for (const [name, each] of Object.entries({
    bare: round.bare,
    Weir: round.weir,
    [peer.name]: round.peer,
  })) {
    const cpu = `${each.cpuMicros.toFixed(1)} µs`
    const ratio = `${(each.cpuMicros / round.bare.cpuMicros).toFixed(2)}x`
    const time = `${timeOf(each).toFixed(2)} ms`
    console.log(`  ${name.padEnd(16)}${cpu.padStart(11)} CPU  ${ratio.padStart(7)}  ${time.padStart(11)} p50`)
    rows.push([what, name, cpu, ratio, time])
  }
}
