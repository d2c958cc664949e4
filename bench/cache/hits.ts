/** What an exact hit takes: by the gateway's own record of it, in a process of its own, and on a core of its own where it may use two. Linux only. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join, resolve } from 'node:path'
import { allowedCores, type Measured, pinSelf, startProcess } from '../process.ts'

export interface HitTimes {
  readonly p50Ms: number
  readonly p99Ms: number
}

export interface ExactHits extends HitTimes {
  /** CPU time of all threads of the gateway, client's connection and record included. */
  readonly cpuMicrosPerHit: number
}

interface RecordView {
  readonly id: string
  readonly duration_ms: number
}

const weir = resolve(import.meta.dirname, '../../bin/weir')
const key = 'bench-key-of-16-characters'
const adminToken = 'bench-admin-of-16-characters'
/** The compiler has seen enough of the path. */
const warmUp = 2_000

/** Asks one question, one request after another. Throws Error where one is no hit. */
export async function measureHits(count: number, keep: 'memory' | 'disk'): Promise<ExactHits> {
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const cores = allowedCores()
  const core = cores.at(-1)!
  pinSelf(cores[0]!)
  const running: Measured[] = []
  const launch = async (name: string, args: readonly string[], address: RegExp): Promise<Measured> => {
    const process = await startProcess({ name, command: weir, args, core, folder, address })
    running.push(process)
    return process
  }
  try {
    const simulator = await launch('simulator', ['simulate', '--port', '0'], /^simulator on (\S+)$/m)
    const config = join(folder, 'weir.yaml')
    writeFileSync(config, JSON.stringify(configuration(simulator.url, keep)))
    const args = ['serve', '--config', config, '--port', '0', '--data', join(folder, 'data')]
    const gateway = await launch('gateway', args, /^Weir listens on (\S+)$/m)
    for (let n = 0; n < warmUp; n++) await ask(gateway.url, n === 0)
    const cpuBefore = gateway.cpuMicros()
    const ids: string[] = []
    for (let n = 0; n < count; n++) ids.push(await ask(gateway.url))
    const cpuMicrosPerHit = (gateway.cpuMicros() - cpuBefore) / count
    const records = await recordsOf(gateway.url, ids.at(-1)!)
    return { ...percentiles(ids.flatMap((id) => records.get(id) ?? [])), cpuMicrosPerHit }
  } finally {
    for (const process of running.toReversed()) await process.stop()
    rmSync(folder, { recursive: true, force: true })
  }
}

/** JSON is YAML. */
function configuration(simulatorUrl: string, keep: 'memory' | 'disk'): object {
  return {
    allowPlaintextSecrets: true,
    admin: { token: adminToken },
    keys: [{ name: 'bench', secret: key }],
    providers: {
      openai: {
        apiKey: 'bench-provider-key',
        baseUrl: `${simulatorUrl}/openai/v1`,
        allowPrivateNetwork: true,
      },
    },
    cache: { exact: {}, keep },
  }
}

async function ask(url: string, isFirst = false): Promise<string> {
  const response = await fetch(`${url}/v1/chat/completions`, {
    method: 'POST',
    headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
    body: JSON.stringify({
      model: 'openai/gpt-4o-mini',
      messages: [{ role: 'user', content: 'How do I enable two-factor authentication on my account?' }],
    }),
  })
  await response.arrayBuffer()
  const { headers, status } = response
  const cache = headers.get('x-weir-cache')
  if (status !== 200 || (!isFirst && cache !== 'hit')) throw new Error(`no hit: ${status}, ${cache}`)
  return headers.get('x-weir-request-id')!
}

/** By id, once the last of them is written. */
async function recordsOf(url: string, last: string): Promise<Map<string, number>> {
  for (;;) {
    const found = new Map<string, number>()
    let cursor = ''
    do {
      const response = await fetch(`${url}/admin/v1/requests?limit=1000${cursor}`, {
        headers: { authorization: `Bearer ${adminToken}` },
      })
      const page = (await response.json()) as { data: RecordView[]; next_cursor?: string }
      for (const { id, duration_ms: durationMs } of page.data) found.set(id, durationMs)
      cursor = page.next_cursor === undefined ? '' : `&cursor=${encodeURIComponent(page.next_cursor)}`
    } while (cursor !== '')
    if (found.has(last)) return found
  }
}

export function percentiles(times: readonly number[]): HitTimes {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { p50Ms: at(0.5), p99Ms: at(0.99) }
}
