/** One evaluation from the command line to its verdict: how long it takes, and how much memory. Linux only. */

import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { startProcess } from './process.ts'

export interface EvaluationRun {
  readonly calls: number
  readonly seconds: number
  /** Of the process that evaluates: gateway, runner, analysis and report together. */
  readonly peakMiB: number
}

const weir = resolve(import.meta.dirname, '../bin/weir')
const sampleMs = 100

/** `cases` x `repeats` x two simulated models; the simulator is a process of its own. Throws Error where the run fails. */
export async function evaluate(cases: number, repeats: number): Promise<EvaluationRun> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const simulator = await startProcess({
    name: 'simulator',
    command: weir,
    args: ['simulate', '--port', '0'],
    core: 0,
    folder,
    address: /^simulator on (\S+)$/m,
  })
  try {
    writeFileSync(join(folder, 'weir.yaml'), JSON.stringify(configuration(simulator.url)))
    writeFileSync(join(folder, 'suite.yaml'), JSON.stringify(suite(cases, repeats)))
    const startMs = performance.now()
    const peakMiB = await run(folder)
    const seconds = (performance.now() - startMs) / 1000
    const report = JSON.parse(readFileSync(join(folder, 'report.json'), 'utf8')) as { rows: unknown[] }
    const calls = cases * repeats * 2
    if (report.rows.length !== calls) throw new Error(`${report.rows.length} answers of ${calls}`)
    return { calls, seconds, peakMiB }
  } finally {
    await simulator.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** Gives the most memory that it ever had. */
async function run(folder: string): Promise<number> {
  const outputs = ['-o', 'report.html', '-o', 'report.json', '-o', 'report.junit.xml']
  const child = spawn(weir, ['eval', 'run', 'suite.yaml', '-j', '16', ...outputs], {
    cwd: folder,
    stdio: ['ignore', 'ignore', 'pipe'],
    env: { PATH: process.env['PATH'] ?? '', HOME: folder },
  })
  let told = ''
  child.stderr.on('data', (part: Buffer) => (told += part.toString()))
  const ended = once(child, 'close') as Promise<[number | null]>
  let peakMiB = 0
  // The kernel keeps the high-water mark: the last reading is the peak, but for what grows in the last moment.
  for (let isOver = false; !isOver;) {
    peakMiB = Math.max(peakMiB, peakOf(child.pid!))
    isOver = await Promise.race([ended.then(() => true), setTimeout(sampleMs, false)])
  }
  const [code] = await ended
  if (code !== 0) throw new Error(`the evaluation ended with ${code}:\n${told.slice(-2000)}`)
  return peakMiB
}

/** In MiB; 0 where the process has ended. */
function peakOf(pid: number): number {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    return Number(/^VmHWM:\s+(\d+) kB$/m.exec(status)?.[1] ?? 0) / 1024
  } catch {
    return 0
  }
}

/** JSON is YAML. */
function configuration(simulatorUrl: string): object {
  return {
    allowPlaintextSecrets: true,
    providers: {
      up: {
        type: 'openai-compatible',
        baseUrl: `${simulatorUrl}/openai/v1`,
        apiKey: 'bench-provider-key',
        allowPrivateNetwork: true,
      },
    },
    models: { 'up/*': { price: { input: 1, output: 2 } } },
  }
}

const filler = 'The customer writes about an order that has not arrived and wants to know what to do. '

function suite(cases: number, repeats: number): object {
  return {
    name: 'bench',
    seed: 1,
    candidate: 'up/echo',
    baseline: 'up/echo',
    prompts: ['You answer for a shop. {{q}}'],
    defaultTest: { repeat: repeats, assert: [{ type: 'word-count', value: { max: 400 } }] },
    tests: Array.from({ length: cases }, (_, at) => ({
      id: `case-${at}`,
      tags: [`group-${at % 10}`],
      vars: { q: `${filler.repeat(4 + (at % 5))}Order ${100_000 + at}.` },
      assert: [
        { type: 'icontains', value: `order ${100_000 + at}` },
        { type: 'not-contains', value: '```' },
      ],
    })),
    gate: { margin: 0.03, minPassRate: 0.9, latencyP95: { maxMs: 60_000 }, cost: { maxRatio: 1.1 } },
  }
}
