/** Runs checks in a thread of their own, one after the other, and replaces the thread when one takes too long. */

import { Worker } from 'node:worker_threads'
import type { CheckAnswer, CheckJob } from './worker.ts'

type WithoutId<Job> = Job extends unknown ? Omit<Job, 'id'> : never

interface Waiting {
  readonly job: CheckJob
  readonly limitMs: number
  resolve(answer: CheckAnswer | NoAnswer): void
}

/** `late`: it took longer than it may. `busy`: it was not tried, which says nothing of the schema. */
export type NoAnswer = 'late' | 'busy'

/** How long a thread may take to start, and to compile what it is given. */
const startMs = 5_000
const compileMs = 4_000
const maxWaiting = 256

export class CheckThread {
  #worker: Worker | undefined
  #isReady = false
  #lastId = 0
  #queue: Waiting[] = []
  #running: Waiting | undefined
  #timer: NodeJS.Timeout | undefined
  #isClosed = false

  /** `limitMs` is counted from when all is compiled. */
  run(job: WithoutId<CheckJob>, limitMs: number): Promise<CheckAnswer | NoAnswer> {
    if (this.#isClosed || this.#queue.length >= maxWaiting) return Promise.resolve('busy')
    return new Promise((resolve) => {
      this.#queue.push({ job: { ...job, id: ++this.#lastId }, limitMs, resolve })
      this.#next()
    })
  }

  async close(): Promise<void> {
    this.#isClosed = true
    for (const { resolve } of this.#queue.splice(0)) resolve('busy')
    await this.#stop()
  }

  #next(): void {
    if (this.#running || this.#queue.length === 0) return
    this.#running = this.#queue.shift()!
    if (this.#worker === undefined) {
      this.#worker = this.#start()
      this.#limit(startMs)
    } else if (this.#isReady) this.#send(this.#worker)
  }

  #send(worker: Worker): void {
    if (!this.#running) return
    // Only while it works does the thread keep the process alive.
    worker.ref()
    worker.postMessage(this.#running.job)
    this.#limit(compileMs)
  }

  #limit(limitMs: number): void {
    clearTimeout(this.#timer)
    this.#timer = setTimeout(() => void this.#stop(), limitMs)
  }

  #start(): Worker {
    const worker = new Worker(new URL('./worker.ts', import.meta.url), {
      resourceLimits: { maxOldGenerationSizeMb: 256, stackSizeMb: 4 },
    })
    worker.on('message', (message: CheckAnswer | 'ready' | 'begun') => {
      if (this.#worker !== worker) return
      if (message === 'ready') {
        this.#isReady = true
        this.#send(worker)
      } else if (message === 'begun') this.#limit(this.#running?.limitMs ?? 0)
      else this.#settle(message)
    })
    const lost = () => {
      if (this.#worker === worker) void this.#stop()
    }
    worker.on('error', lost)
    worker.on('exit', lost)
    return worker
  }

  #settle(answer: CheckAnswer | NoAnswer): void {
    clearTimeout(this.#timer)
    this.#worker?.unref()
    const done = this.#running
    this.#running = undefined
    done?.resolve(answer)
    this.#next()
  }

  async #stop(): Promise<void> {
    const worker = this.#worker
    const why = this.#isReady && !this.#isClosed ? 'late' : 'busy'
    this.#worker = undefined
    this.#isReady = false
    this.#settle(why)
    await worker?.terminate()
  }
}
