/** What the caches save on a trace of which two requests in five repeat another. */

import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { start } from '../../src/main.ts'
import { createSimulator } from '../../src/simulator/simulator.ts'
import { createLog } from '../../src/telemetry/log.ts'
import { type EmbeddingServer, embeddingModel } from './embedding-server.ts'
import { type PairSet, readPairs } from './pairs.ts'
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

interface Scene {
  /** Gives what the cache had for it. */
  ask(content: string): Promise<string>
  upstreamTokens(): number
  close(): Promise<void>
}

const key = 'bench-key-of-16-characters'

async function openScene(server: EmbeddingServer | undefined): Promise<Scene> {
  const simulator = createSimulator()
  const { url } = await simulator.listen(0)
  const folder = mkdtempSync(join(tmpdir(), 'weir-bench-'))
  const configPath = join(folder, 'weir.yaml')
  writeFileSync(configPath, JSON.stringify(configOf(url, server)))
  const gateway = await start({
    configPath,
    folder,
    env: { BENCH_KEY: key },
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
      return response.headers.get('x-weir-cache') ?? ''
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

/** Without an embedding server, the exact cache alone. */
function configOf(simulatorUrl: string, server: EmbeddingServer | undefined): object {
  const common = { apiKey: 'env:BENCH_KEY', allowPrivateNetwork: true }
  const semantic = {
    embedder: `local/${embeddingModel}`,
    mode: 'serve',
    threshold,
    sample: 0,
    timeoutMs: 10_000,
  }
  return {
    keys: [{ name: 'bench', secret: 'env:BENCH_KEY' }],
    providers: {
      openai: { ...common, baseUrl: `${simulatorUrl}/openai/v1` },
      ...(server && { local: { ...common, type: 'openai-compatible', baseUrl: server.baseUrl } }),
    },
    routes: { chat: { targets: ['openai/gpt-4o-mini'] } },
    cache: { exact: {}, ...(server && { semantic }) },
  }
}

/**
 * Of ten requests, six are new, two repeat one word for word, and two ask one again in other words. The model echoes:
 * a call costs what its question is long, so tokens are its cost.
 */
export async function measureTrace(server: EmbeddingServer, set: PairSet, every = 1): Promise<TraceResult> {
  const pairs = readPairs().filter((pair) => pair.set === set && pair.miss === undefined)
  const questions = [...new Set(pairs.map(({ question }) => question))].filter((_, at) => at % every === 0)
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
    const cache = await scene.ask(content)
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
