/** Moves batches on, from validation to their end: looks at all that are open, again and again, and when woken. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { type Batch, type BatchStatus, isSingle, type StopReason } from './batch.ts'
import { concludeBatch, type ConcludeParts } from './conclude.ts'
import type { Dispatcher } from './dispatcher.ts'
import type { FileFolder } from './file-folder.ts'
import type { NativeBatches } from './native/native-batches.ts'
import type { BatchChange, BatchStore, Lease, LineQueue, Receivers } from './port.ts'
import { type ResultLog, partName } from './result-log.ts'
import { validate, type ValidationRules } from './validate.ts'

export interface WorkerParts extends Omit<ConcludeParts, 'store' | 'mayGoOn'> {
  readonly store: BatchStore
  readonly folder: FileFolder
  readonly queue: LineQueue
  readonly results: ResultLog
  readonly dispatcher: Dispatcher
  readonly native: NativeBatches
  readonly clock: Clock
  /** A name that this instance keeps over restarts, and no other has. */
  readonly instance: string
  readonly leaseOf: () => Lease
  rulesOf(batch: Batch): ValidationRules
  /** A batch stands elsewhere than before. */
  onChange(batch: Batch): void
  onError(cause: unknown): void
}

const lookMs = 500
const heartbeatMs = 10_000
const sweepMs = 600_000
const linesPerDeletion = 2000

export class BatchWorker {
  readonly #parts: WorkerParts
  readonly #jobs = new Map<string, Promise<void>>()
  #timer: NodeJS.Timeout | undefined
  #looking: Promise<void> | undefined
  #isWoken = false
  #isClosed = false
  #hasRecovered = false
  #heartbeatAtMs = 0
  #sweptAtMs = -Infinity

  constructor(parts: WorkerParts) {
    this.#parts = parts
  }

  /** Takes up what an earlier process of this instance left, and begins to work. Does not wait for the store. */
  start(): void {
    this.#timer = setInterval(() => this.wake(), lookMs).unref()
    this.wake()
  }

  /** There may be something to do. */
  wake(): void {
    if (this.#isClosed) return
    if (this.#looking) {
      this.#isWoken = true
      return
    }
    this.#looking = this.#look()
      .catch((cause: unknown) => this.#parts.onError(cause))
      .finally(() => {
        this.#looking = undefined
        if (this.#isWoken) this.wake()
      })
  }

  /** Lines that are under way may end, until `hurry`; those that have not begun are given back. */
  async close(hurry: AbortSignal): Promise<void> {
    this.#isClosed = true
    clearInterval(this.#timer)
    await this.#looking
    const { dispatcher, native, results } = this.#parts
    // Lines that have their results wait for the store, and the end of the process does not wait for it.
    const waitNoLonger = () => void results.close().catch(this.#parts.onError)
    if (hurry.aborted) waitNoLonger()
    else hurry.addEventListener('abort', waitNoLonger, { once: true })
    await Promise.all([dispatcher.close(hurry), native.close()])
    await Promise.all(this.#jobs.values())
    await results.close()
    await this.#parts.queue.close()
  }

  /** Lines were settled, or the batch has reached a bound. */
  noteProgress(batch: Batch): void {
    this.#parts.onChange(batch)
    if (batch.stop !== undefined && batch.status === 'in_progress') void this.stop(batch, batch.stop)
    else if (batch.status !== 'in_progress') this.wake()
  }

  /** No more lines are begun; it ends when those under way have. Undefined where it has ended, or is about to. */
  async stop({ id }: Batch, stop: StopReason): Promise<Batch | undefined> {
    const nowMs = this.#parts.clock.nowMs()
    const isCancelled = stop === 'cancelled'
    return this.#change(id, isCancelled ? ['validating', 'in_progress'] : ['in_progress'], {
      stop,
      ...(isCancelled
        ? { status: 'cancelling', cancellingAtMs: nowMs }
        : { status: 'finalizing', finalizingAtMs: nowMs }),
    })
  }

  /** Until it has worked once, no line is taken: what is known by then is not asked again. */
  async #recover(): Promise<void> {
    if (this.#hasRecovered) return
    const { store, folder, results, instance, clock } = this.#parts
    for (const { id } of await store.open(folder.id)) await results.recover(id)
    await store.releaseAll(instance, clock.nowMs())
    this.#hasRecovered = true
  }

  async #look(): Promise<void> {
    this.#isWoken = false
    await this.#recover()
    const { store, folder, dispatcher, clock, leaseOf } = this.#parts
    const batches = await store.open(folder.id)
    const nowMs = clock.nowMs()
    const working: Batch[] = []
    for (const batch of batches) {
      if (batch.status === 'in_progress') {
        if (nowMs >= batch.expiresAtMs) await this.stop(batch, 'expired')
        else if (!batch.isPaused) working.push(batch)
      } else if (batch.status === 'cancelling' && isSingle(batch.dialect)) dispatcher.abort(batch.id)
    }
    await this.#beat()
    for (const batch of batches) {
      if (batch.isNative && batch.status !== 'validating') await this.#parts.native.tend(batch)
    }
    const moved = dispatcher.update(working)
    // Those that are left have lines to give back first.
    await Promise.race([moved, new Promise((resolve) => setImmediate(resolve))])
    moved.catch((cause: unknown) => this.#parts.onError(cause))
    for (const batch of batches) {
      if (this.#jobs.has(batch.id) || batch.status === 'in_progress') continue
      if (batch.status !== 'validating' && (await store.underWay(batch.id, nowMs)) > 0) continue
      if (await store.lead(batch.id, leaseOf())) this.#begin(batch)
    }
    if (nowMs - this.#sweptAtMs > sweepMs) await this.#sweep(nowMs)
  }

  /** Leases hold as long as this process lives. */
  async #beat(): Promise<void> {
    const { store, dispatcher, clock, leaseOf } = this.#parts
    if (clock.monotonicMs() < this.#heartbeatAtMs) return
    await dispatcher.prolong()
    this.#heartbeatAtMs = clock.monotonicMs() + heartbeatMs
    for (const id of [...this.#jobs.keys(), ...this.#parts.native.leading]) await store.lead(id, leaseOf())
  }

  #begin(batch: Batch): void {
    const work = batch.status === 'validating' ? this.#validate(batch) : this.#conclude(batch)
    const job = work
      .catch((cause: unknown) => {
        if (!this.#isClosed) this.#parts.onError(cause) // else the next start takes it up
      })
      .finally(() => {
        this.#jobs.delete(batch.id)
        this.wake()
      })
    this.#jobs.set(batch.id, job)
  }

  async #validate(batch: Batch): Promise<void> {
    const { store, folder, queue, clock } = this.#parts
    const { id, inputFileId } = batch
    const { places, faults } = await validate(folder.read(inputFileId), this.#parts.rulesOf(batch))
    const endedAtMs = clock.nowMs()
    if (faults.length > 0) {
      const end = { status: 'failed', faults, endedAtMs } as const
      await this.#change(id, ['validating'], end, { names: this.#parts.receivers(), nowMs: endedAtMs })
      return
    }
    await store.addLines(id, places)
    if (batch.isNative) await this.#parts.native.distribute(batch)
    const started = { status: 'in_progress', total: places.length, startedAtMs: clock.nowMs() } as const
    if (await this.#change(id, ['validating'], started)) {
      await queue.offer(
        id,
        places.map(({ line }) => line),
      )
    }
  }

  async #conclude(batch: Batch): Promise<void> {
    const { results, folder, instance, queue } = this.#parts
    const mayGoOn = () => {
      if (this.#isClosed) throw new GatewayError('server_shutdown', 'The batch is ended at the next start.')
    }
    const ended = await concludeBatch(batch, { ...this.#parts, mayGoOn })
    await results.drop(batch.id)
    if (ended) this.#parts.onChange(ended)
    if (batch.isNative) await this.#parts.native.drop(batch.id)
    await queue.drop(batch.id)
    await folder.remove(partName(batch.id, instance))
    await this.#removeLines(batch.id)
  }

  /** What is left of them is found by a sweep. */
  async #removeLines(batchId: string): Promise<void> {
    while (!this.#isClosed && (await this.#parts.store.removeLines(batchId, linesPerDeletion)) > 0);
  }

  async #change(
    id: string,
    from: readonly BatchStatus[],
    change: BatchChange,
    told?: Receivers,
  ): Promise<Batch | undefined> {
    const changed = await this.#parts.store.change(id, from, change, told)
    if (changed) this.#parts.onChange(changed)
    this.wake()
    return changed
  }

  /** What was left over where a process ended in the middle, and what has expired. */
  async #sweep(nowMs: number): Promise<void> {
    this.#sweptAtMs = nowMs
    const { store, folder } = this.#parts
    await folder.sweep()
    for (const id of await store.endedWithLines(folder.id)) await this.#removeLines(id)
    // In this order: a part that is made meanwhile is of a batch that is not known yet.
    const names = await folder.names()
    const open = new Set((await store.open(folder.id)).map(({ id }) => id))
    for (const name of names) {
      if (name.endsWith('.part') && !open.has(name.split('.')[0]!)) await folder.remove(name)
    }
  }
}
