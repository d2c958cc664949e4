/** Estimates how many tokens a prompt has, where no provider can be asked. */

import { Worker } from 'node:worker_threads'
import { GatewayError } from '../core/error.ts'
import type { GenRequest } from '../core/request.ts'
import { promptText } from './prompt-text.ts'
import type { CountReply, CountRequest } from './worker.ts'

export interface TokenCounter {
  /** By OpenAI's o200k tokenizer and rules of thumb for frames and media: an estimate for every model. */
  estimate(request: GenRequest): Promise<number>
  /** The tokens of one text, by the same tokenizer. */
  count(text: string): Promise<number>
  close(): Promise<void>
}

/** The worker starts with the first estimate. */
export function createTokenCounter(): TokenCounter {
  const waiting = new Map<number, { resolve(tokens: number): void; reject(error: Error): void }>()
  let worker: Worker | undefined
  let lastId = 0

  const failAll = (cause: unknown) => {
    worker = undefined
    for (const { reject } of waiting.values()) {
      reject(new GatewayError('internal', 'The tokenizer has stopped.', { cause }))
    }
    waiting.clear()
  }
  const startWorker = (): Worker => {
    const started = new Worker(new URL('./worker.ts', import.meta.url))
    started.unref()
    started.on('message', ({ id, tokens }: CountReply) => {
      waiting.get(id)?.resolve(tokens)
      waiting.delete(id)
    })
    started.on('error', failAll)
    return started
  }

  const count = (texts: readonly string[]): Promise<number> => {
    const { promise, resolve, reject } = Promise.withResolvers<number>()
    const id = ++lastId
    waiting.set(id, { resolve, reject })
    worker ??= startWorker()
    worker.postMessage({ id, texts } satisfies CountRequest)
    return promise
  }

  return {
    async estimate(request) {
      const { texts, extraTokens } = promptText(request)
      return (await count(texts)) + extraTokens
    },
    count: (text) => count([text]),
    async close() {
      const running = worker
      failAll(undefined)
      await running?.terminate()
    },
  }
}
