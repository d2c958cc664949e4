/** Moves jobs on at their providers, from their submission to their results, however often the gateway ends meanwhile. */

import type { Clock } from '../../core/clock.ts'
import { GatewayError } from '../../core/error.ts'
import type { Batch } from '../batch.ts'
import type { FileFolder } from '../file-folder.ts'
import type { BatchStore, Lease } from '../port.ts'
import { readPlaces } from '../read-places.ts'
import { readRequestLine } from '../request-line.ts'
import type { ResultLog } from '../result-log.ts'
import { collect } from './collect.ts'
import { distribute, type DistributeParts } from './distribute.ts'
import type {
  JobChange,
  JobRequest,
  JobStore,
  JobTarget,
  NativeJob,
  ProviderBatches,
  Release,
} from './port.ts'
import { requestIdOf } from './request-id.ts'

export interface NativeBatchesParts extends Omit<DistributeParts, 'nowMs'> {
  readonly store: Pick<BatchStore, 'lead' | 'giveBack'>
  readonly jobs: JobStore
  readonly folder: FileFolder
  readonly results: Pick<ResultLog, 'append'>
  readonly providers: ProviderBatches
  readonly clock: Clock
  readonly leaseOf: () => Lease
  /** Results have come. */
  onProgress(batch: Batch): void
  /** What could not be done now, or is left to the queue. */
  onError(cause: unknown): void
}

/** A provider that has not shown a batch for so long after its submission was begun has not got it. */
const graceMs = 60_000
const maxTries = 5
const firstWaitMs = 1000
const maxWaitMs = 60_000
/** Longer than any provider works at a batch: what cannot be looked at for so long is given up. */
const lostAfterMs = 30 * 3_600_000

export class NativeBatches {
  readonly #parts: NativeBatchesParts
  readonly #busy = new Map<string, Promise<void>>()
  readonly #held = new Map<string, Release>()
  #isClosed = false

  constructor(parts: NativeBatchesParts) {
    this.#parts = parts
  }

  /** The batches that this instance is at. */
  get leading(): readonly string[] {
    return [...this.#busy.keys()]
  }

  distribute(batch: Batch): Promise<void> {
    return distribute(batch, { ...this.#parts, nowMs: () => this.#parts.clock.nowMs() })
  }

  /** Looks at the jobs of a batch, and goes on with those that are due. Does not wait for what takes long. */
  async tend(batch: Batch): Promise<void> {
    if (this.#isClosed || this.#busy.has(batch.id)) return
    const { jobs, store, clock, leaseOf, onError } = this.#parts
    const all = await jobs.of(batch.id)
    const isOver = batch.status !== 'in_progress'
    const isDue = ({ state, dueAtMs, isCancelled }: NativeJob) =>
      state === 'new' && batch.isPaused
        ? false
        : dueAtMs <= clock.nowMs() || (isOver && state === 'running' && !isCancelled)
    const due = all.filter(isDue)
    if (due.length === 0 || !(await store.lead(batch.id, leaseOf()))) return
    const work = this.#work(batch, due)
      .catch(onError)
      .finally(() => this.#busy.delete(batch.id))
    this.#busy.set(batch.id, work)
  }

  /** The batch is over: nothing of it is held any more. */
  async drop(batchId: string): Promise<void> {
    const { jobs, clock } = this.#parts
    for (const job of await jobs.of(batchId)) {
      await jobs.remove(job, clock.nowMs())
      await this.#release(job)
    }
  }

  /** What is held is held again after the next start. */
  async close(): Promise<void> {
    this.#isClosed = true
    await Promise.all(this.#busy.values())
    for (const release of this.#held.values()) await release()
  }

  async #work(batch: Batch, due: readonly NativeJob[]): Promise<void> {
    for (const job of due) {
      if (this.#isClosed) return
      try {
        await this.#step(batch, job)
      } catch (cause) {
        this.#parts.onError(cause)
        const nowMs = this.#parts.clock.nowMs()
        if (nowMs - job.createdAtMs > lostAfterMs) await this.#giveUp(job)
        else await this.#change(job, { dueAtMs: nowMs + maxWaitMs / 4 })
      }
    }
  }

  #step(batch: Batch, job: NativeJob): Promise<void> {
    if (!this.#parts.providers.bounds(job)) return this.#giveUp(job)
    switch (job.state) {
      case 'new':
        // What is not begun yet is not begun any more.
        return batch.status === 'in_progress' ? this.#submit(batch, job) : this.#giveUp(job)
      case 'submitting':
        return this.#find(batch, job)
      case 'running':
      case 'collecting':
        return this.#look(batch, job)
    }
  }

  async #submit(batch: Batch, job: NativeJob): Promise<void> {
    const { providers, clock, onError } = this.#parts
    if (!(await this.#hold(batch, job))) return this.#giveUp(job)
    const requests = await this.#requestsOf(batch, job)
    if (requests.length === 0) return this.#giveUp(job)
    // From here on the provider may have it, whatever becomes of this process.
    await this.#change(job, { state: 'submitting', submittedAtMs: clock.nowMs() })
    const submission = await providers.create(job, requests)
    if (submission.is === 'created') return this.#found(job, submission.remoteId)
    onError(submission.cause)
    const tries = job.tries + 1
    const dueAtMs = clock.nowMs() + Math.min(maxWaitMs, firstWaitMs * 2 ** job.tries)
    if (submission.is === 'unsure') return this.#change(job, { tries, dueAtMs })
    if (submission.isFinal || tries >= maxTries) return this.#giveUp(job)
    return this.#change(job, { state: 'new', tries, dueAtMs })
  }

  /** A process that ended, or an answer that was lost: has the provider got it? */
  async #find(batch: Batch, job: NativeJob): Promise<void> {
    const { providers, clock } = this.#parts
    await this.#hold(batch, job)
    const finding = await providers.find(job)
    if (finding.is === 'found') return this.#found(job, finding.remoteId)
    const nowMs = clock.nowMs()
    const sinceMs = nowMs - (job.submittedAtMs ?? 0)
    if (finding.is === 'unsure') return this.#change(job, { dueAtMs: nowMs + maxWaitMs / 2 })
    if (sinceMs < graceMs) return this.#change(job, { dueAtMs: nowMs + maxWaitMs / 12 })
    return job.tries >= maxTries ? this.#giveUp(job) : this.#change(job, { state: 'new', dueAtMs: 0 })
  }

  #found(job: NativeJob, remoteId: string): Promise<void> {
    return this.#change(job, {
      state: 'running',
      remoteId,
      dueAtMs: this.#parts.clock.nowMs() + firstWaitMs / 2,
    })
  }

  async #look(batch: Batch, job: NativeJob): Promise<void> {
    const { providers, clock, onError } = this.#parts
    await this.#hold(batch, job)
    if (batch.status !== 'in_progress' && !job.isCancelled) {
      await providers.cancel(job).catch(onError) // it may have ended just now
      await this.#change(job, { isCancelled: true })
    }
    const remote = await providers.look(job)
    if (remote && !remote.hasEnded) {
      const ageMs = clock.nowMs() - (job.submittedAtMs ?? job.createdAtMs)
      const waitMs = Math.min(maxWaitMs, Math.max(firstWaitMs, ageMs / 4))
      return this.#change(job, { dueAtMs: clock.nowMs() + waitMs })
    }
    if (!remote) onError(new Error(`the provider ${job.provider} has no batch ${job.remoteId ?? ''}`))
    if (remote?.refusal !== undefined) onError(new Error(`refused by ${job.provider}: ${remote.refusal}`))
    if (job.state === 'running') await this.#change(job, { state: 'collecting' })
    if (remote) await collect(batch, job, remote, this.#parts)
    await this.#giveUp(job)
    await remote?.forget().catch(onError)
  }

  /** What it has not done is left to the queue. */
  async #giveUp(job: NativeJob): Promise<void> {
    await this.#parts.jobs.remove(job, this.#parts.clock.nowMs())
    await this.#release(job)
  }

  /** False where the budgets have no room for it. */
  async #hold(batch: Batch, job: NativeJob): Promise<boolean> {
    if (this.#held.has(job.id)) return true
    try {
      this.#held.set(job.id, await this.#parts.providers.hold(batch, job))
      return true
    } catch (cause) {
      const isRefusal = cause instanceof GatewayError && cause.code === 'budget_exceeded'
      if (!isRefusal && job.state === 'new') throw cause
      return false
    }
  }

  async #release({ id }: NativeJob): Promise<void> {
    const release = this.#held.get(id)
    this.#held.delete(id)
    await release?.()
  }

  async #requestsOf(batch: Batch, job: NativeJob): Promise<JobRequest[]> {
    const { jobs, folder, providers, parse } = this.#parts
    const places = await jobs.held(job)
    const input = await folder.open(batch.inputFileId, 'r')
    try {
      const texts = await readPlaces(input, places)
      const requests: JobRequest[] = []
      for (const [index, { line }] of places.entries()) {
        const request = readRequestLine(texts[index]!, batch.endpoint, parse)
        const prepared = await providers.prepare(batch, request)
        // The configuration has changed meanwhile: the line is left out, and comes back when the job has ended.
        if (prepared && sameTarget(prepared.target, job)) {
          requests.push({ id: requestIdOf(job, line), body: prepared.body })
        }
      }
      return requests
    } finally {
      await input.close()
    }
  }

  #change({ id }: NativeJob, change: JobChange): Promise<void> {
    return this.#parts.jobs.change(id, change)
  }
}

function sameTarget(a: JobTarget, b: JobTarget): boolean {
  return (
    a.provider === b.provider &&
    a.model === b.model &&
    a.credential === b.credential &&
    a.endpoint === b.endpoint
  )
}
