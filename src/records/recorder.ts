/** Takes request records off the hot path: queues them, writes them in groups, and deletes the old ones. */

import { setImmediate } from 'node:timers/promises'
import type { Clock } from '../core/clock.ts'
import { WriteQueue } from '../housekeeping/write-queue.ts'
import type { RecordStore, RequestRecord } from './port.ts'

export interface RecorderOptions {
  readonly store: RecordStore
  readonly clock: Clock
  /** A record waits at most this long to be written. */
  readonly flushMs?: number
  /** The records of one transaction: as many as a quarter of a millisecond writes, since requests wait for it. */
  readonly maxBatch?: number
  /** While the store fails, the oldest records beyond this number are dropped: they are not money. */
  readonly maxQueued?: number
  /** The store failed. `dropped` records were lost since the last call, most often none. */
  onError(cause: unknown, dropped: number): void
  readonly retention: { readonly days: number; readonly maxBytes: number }
}

export interface Recorder {
  /** Queues the record: no I/O, constant time, never throws. */
  record(record: RequestRecord): void
  /** Resolves when what is queued by now has been written, as far as the store takes it. */
  flush(): Promise<void>
  /** Writes what is queued and stops. Safe to call twice. */
  close(): void
}

const dayMs = 86_400_000
const retryMs = 1000
const pruneEveryMs = 60_000
/** Between two steps of pruning, for the requests that wait. */
const pruneRestMs = 5

/**
 * A recorder that writes in groups. Its timers keep no process alive. A group that fails is tried again each
 * second and in halves, so that one record that cannot be stored takes no other with it.
 */
export function createRecorder(options: RecorderOptions): Recorder {
  const { store, onError, flushMs = 250, maxBatch = 32, maxQueued = 10_000 } = options
  const queue = new WriteQueue<RequestRecord>({ maxQueued, maxGroup: maxBatch })
  const pruner = startPruning(options)
  let flushTimer: NodeJS.Timeout | undefined

  const schedule = (delayMs: number): void => {
    clearTimeout(flushTimer)
    flushTimer = setTimeout(writeNext, delayMs).unref()
  }

  /** Writes one group; false when the store failed. */
  const write = (): boolean => {
    const group = queue.group()
    try {
      store.insert(group)
    } catch (cause) {
      queue.failed(group)
      onError(cause, queue.takeDropped())
      return false
    }
    queue.wrote(group)
    const dropped = queue.takeDropped()
    if (dropped > 0) onError(new Error('records were dropped while the store failed'), dropped)
    return true
  }

  const writeNext = (): void => {
    flushTimer = undefined
    if (queue.length === 0) return
    // One group per turn of the event loop: a long queue must not hold up the requests that made it.
    if (!write()) schedule(retryMs)
    else if (queue.length > 0) schedule(queue.length >= maxBatch ? 0 : flushMs)
  }

  return {
    record(record) {
      queue.add(record)
      if (flushTimer === undefined) schedule(flushMs)
      else if (queue.isGroupFull) schedule(0)
    },
    async flush() {
      const goal = queue.added
      while (queue.gone < goal && write()) await setImmediate()
    },
    close() {
      clearTimeout(flushTimer)
      pruner.stop()
      while (queue.length > 0 && write());
      const left = queue.giveUp()
      if (left > 0) onError(new Error('the store did not take the last records'), left)
    },
  }
}

/** Deletes what the retention excludes: step after step while there is more, else a look each minute. */
function startPruning({ store, clock, retention, onError }: RecorderOptions): { stop(): void } {
  let timer: NodeJS.Timeout
  const schedule = (delayMs: number): void => {
    timer = setTimeout(step, delayMs).unref()
  }
  const step = (): void => {
    let deleted = 0
    try {
      const olderThanMs = clock.nowMs() - retention.days * dayMs
      deleted = store.prune({ olderThanMs, maxBytes: retention.maxBytes })
    } catch (cause) {
      onError(cause, 0)
    }
    schedule(deleted > 0 ? pruneRestMs : pruneEveryMs)
  }
  schedule(pruneEveryMs)
  return { stop: () => clearTimeout(timer) }
}
