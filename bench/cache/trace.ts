/** What the caches save on a trace of which two requests in five repeat another, and what a hit takes. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start } from '../../src/main.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { type EmbeddingServer, embeddingModel } from './embedding-server.ts'
import { readPairs } from './pairs.ts'
import { threshold } from './quality.ts'

export interface TraceResult {
  readonly requests: number
  readonly repeats: number
  readonly nearRepeats: number
  readonly hits: number
  readonly semanticHits: number
  /** Share of the calls' cost that was not spent, 0 to 1. */
  readonly saved: number
}

export interface HitTimes {
  readonly p50Ms: number
  readonly p99Ms: number
}

interface Scene {
  ask(content: string): Promise<{ cache: string; id: string }>
  /** By request id. */
  records(): Promise<Map<string, { duration_ms: number; cache?: { saved_usd?: string } }>>
  upstreamTokens(): number
  close(): Promise<void>
}

const key = 'bench-key-of-16-characters'
const adminToken = 'bench-admin-of-16-characters'

async function openScene(server: EmbeddingServer | undefined): Promise<Scene> {
  const simulator = createSimulator()
  const { url } = await simulator.listen(0)
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const configPath = join(folder, 'weir.yaml')
  const semantic = {
    embedder: `local/${embeddingModel}`,
    mode: 'serve',
    threshold,
    sample: 0,
    timeoutMs: 10_000,
  }
  writeFileSync(
    configPath,
    JSON.stringify({
      admin: { token: 'env:BENCH_ADMIN' },
      keys: [{ name: 'bench', secret: 'env:BENCH_KEY' }],
      providers: {
        openai: { apiKey: 'env:BENCH_KEY', baseUrl: `${url}/openai/v1`, allowPrivateNetwork: true },
        ...(server && {
          local: {
            type: 'openai-compatible',
            apiKey: 'env:BENCH_KEY',
            baseUrl: server.baseUrl,
            allowPrivateNetwork: true,
          },
        }),
      },
      routes: { chat: { targets: ['openai/gpt-4o-mini'] } },
      cache: { exact: {}, ...(server && { semantic }) },
    }),
  )
  const gateway = await start({
    configPath,
    folder,
    env: { BENCH_KEY: key, BENCH_ADMIN: adminToken },
    port: 0,
    dataDir: join(folder, 'data'),
    log: createLog({ level: 'silent', format: 'json' }),
  })
  return {
    async ask(content) {
      const response = await fetch(`${gateway.url}/v1/chat/completions`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json' },
        body: JSON.stringify({ model: 'chat', messages: [{ role: 'user', content }] }),
      })
      await response.arrayBuffer()
      if (response.status !== 200) throw new Error(`the gateway answered ${response.status}`)
      const { headers } = response
      return { cache: headers.get('x-weir-cache') ?? '', id: headers.get('x-weir-request-id') ?? '' }
    },
    async records() {
      const found = new Map<string, { duration_ms: number }>()
      let cursor = ''
      do {
        const response = await fetch(`${gateway.url}/admin/v1/requests?limit=1000${cursor}`, {
          headers: { authorization: `Bearer ${adminToken}` },
        })
        const page = (await response.json()) as {
          data: { id: string; duration_ms: number }[]
          next_cursor?: string
        }
        for (const record of page.data) found.set(record.id, record)
        cursor = page.next_cursor === undefined ? '' : `&cursor=${encodeURIComponent(page.next_cursor)}`
      } while (cursor !== '')
      return found
    },
    upstreamTokens: () =>
      simulator
        .receipts()
        .reduce((sum, { billed }) => sum + (billed ? billed.inputTokens + billed.outputTokens : 0), 0),
    async close() {
      await gateway.stop(true)
      await simulator.close()
      rmSync(folder, { recursive: true, force: true })
    },
  }
}

/**
 * Of ten requests, six are new, two repeat one word for word, and two ask one again in other words. The model echoes:
 * a call costs what its question is long, so tokens are its cost.
 */
export async function measureTrace(server: EmbeddingServer): Promise<TraceResult> {
  const pairs = readPairs().filter(({ half, miss }) => half === 'reported' && miss === undefined)
  const questions = [...new Set(pairs.map(({ question }) => question))]
  const trace: string[] = []
  let [repeats, nearRepeats] = [0, 0]
  questions.forEach((question, at) => {
    trace.push(question)
    if (at % 3 !== 2) return
    // Two of each kind for six new ones, of the last three questions: one that the cache has had time to keep.
    const earlier = questions[at - 2]!
    trace.push(earlier)
    repeats++
    trace.push(pairs.filter((pair) => pair.question === questions[at - 1])[at % 4]!.other)
    nearRepeats++
  })
  const scene = await openScene(server)
  let [hits, semanticHits] = [0, 0]
  for (const content of trace) {
    const { cache } = await scene.ask(content)
    if (cache === 'hit') hits++
    if (cache === 'semantic-hit') semanticHits++
  }
  const spent = scene.upstreamTokens()
  await scene.close()
  const plain = await openScene(undefined)
  // Without a cache every request is a call: asked once each, weighed by how often it comes.
  let whole = 0
  for (const content of new Set(trace)) {
    const before = plain.upstreamTokens()
    await plain.ask(content)
    whole += (plain.upstreamTokens() - before) * trace.filter((other) => other === content).length
  }
  await plain.close()
  return { requests: trace.length, repeats, nearRepeats, hits, semanticHits, saved: 1 - spent / whole }
}

/** How long the gateway takes over an exact hit, from the request to the end of its answer, by its own record. */
export async function measureHits(count: number): Promise<HitTimes> {
  const scene = await openScene(undefined)
  const ids: string[] = []
  const question = 'How do I enable two-factor authentication on my account?'
  for (let n = 0; n <= count + 200; n++) {
    const { cache, id } = await scene.ask(question)
    if (n > 200 && cache === 'hit') ids.push(id)
  }
  let records = await scene.records()
  for (let n = 0; n < 50 && !records.has(ids.at(-1)!); n++) records = await scene.records()
  await scene.close()
  return percentiles(ids.flatMap((id) => records.get(id)?.duration_ms ?? []))
}

export function percentiles(times: readonly number[]): HitTimes {
  const sorted = times.toSorted((one, other) => one - other)
  const at = (share: number) =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN
  return { p50Ms: at(0.5), p99Ms: at(0.99) }
}
