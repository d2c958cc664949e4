/** Runs the user's own JavaScript graders in a thread with limits on time and memory. */

import { once } from 'node:events'
import { Worker } from 'node:worker_threads'
import type { GradeContext } from './assertion.ts'
import type { ScriptAnswer, ScriptJob } from './script-worker.ts'

export interface ScriptLimits {
  readonly timeoutMs: number
  readonly maxMemoryMb: number
}

export interface ScriptRunner {
  /** What the script returned. Rejects where it throws, runs too long or needs too much memory. */
  run(source: string, context: GradeContext, output: string): Promise<unknown>
  close(): Promise<void>
}

const defaults: ScriptLimits = { timeoutMs: 5_000, maxMemoryMb: 128 }

/**
 * Jobs run one after the other. The thread is no sandbox: the code is the user's, and can do what the user can;
 * it is kept apart so that a loop or a leak in it ends nothing but itself.
 */
export function createScriptRunner(limits: ScriptLimits = defaults): ScriptRunner {
  let worker: Worker | undefined
  let last: Promise<unknown> = Promise.resolve()

  async function start(): Promise<Worker> {
    const started = new Worker(new URL('script-worker.ts', import.meta.url), {
      env: {},
      execArgv: ['--disable-warning=ExperimentalWarning'],
      resourceLimits: { maxOldGenerationSizeMb: limits.maxMemoryMb, maxYoungGenerationSizeMb: 16 },
    })
    await once(started, 'message')
    started.unref()
    // What a script has left behind may end the thread between two jobs: without a listener, the process too.
    started.on('error', () => lose(started))
    started.on('exit', () => lose(started))
    return started
  }

  function lose(thread: Worker): void {
    if (worker === thread) worker = undefined
  }

  async function ask(job: ScriptJob): Promise<unknown> {
    const thread = (worker ??= await start())
    thread.ref()
    const { promise, resolve, reject } = Promise.withResolvers<unknown>()
    const onMessage = (answer: ScriptAnswer): void => {
      if ('error' in answer) reject(new Error(answer.error))
      else resolve(answer.value)
    }
    const onError = (error: Error & { code?: string }): void => {
      lose(thread)
      const isFull = error.code === 'ERR_WORKER_OUT_OF_MEMORY'
      reject(isFull ? new Error(`it needed more than ${limits.maxMemoryMb} MB`) : error)
    }
    const onExit = (): void => onError(new Error('it ended its thread'))
    const timer = setTimeout(() => {
      onError(new Error(`it ran longer than ${limits.timeoutMs} ms`))
      void thread.terminate()
    }, limits.timeoutMs)
    thread.on('error', onError)
    thread.on('message', onMessage)
    thread.on('exit', onExit)
    thread.postMessage(job)
    try {
      return await promise
    } finally {
      clearTimeout(timer)
      thread.off('message', onMessage)
      thread.off('exit', onExit)
      thread.off('error', onError)
      thread.unref()
    }
  }

  return {
    run(source, { vars, prompt, reply }, output) {
      const context = {
        vars,
        prompt,
        toolCalls: reply.toolCalls,
        finishReason: reply.finishReason,
        latencyMs: reply.totalMs,
        cost: reply.costUsd,
      }
      const result = last.then(() => ask({ source, output, context }))
      last = result.catch(() => undefined)
      return result
    },
    async close() {
      await worker?.terminate()
    },
  }
}
