/** Takes payloads off the hot path: queues them, redacts, seals and writes them one by one, and deletes the old ones. */

import type { Clock } from '../core/clock.ts'
import { startPruning } from '../housekeeping/pruning.ts'
import { WriteQueue } from '../housekeeping/write-queue.ts'
import { contentText } from './content.ts'
import type { PayloadContent, PayloadHead, PayloadSealing, PayloadStore, SealedPayload } from './port.ts'

export interface PayloadRecorderOptions {
  readonly store: PayloadStore
  readonly sealing: PayloadSealing
  readonly clock: Clock
  /** In force. */
  settings(): PayloadSettings
  /** Replaces what must not be kept in a text. Asked for once per payload. */
  redactor(): (text: string) => string
  /** Payloads wait in memory at most this many; the oldest beyond are dropped. */
  readonly maxQueued?: number
  /** The store or the key failed, and it is tried again. `dropped` payloads were lost since the last call. */
  onError(cause: unknown, dropped: number): void
}

export interface PayloadSettings {
  readonly retentionDays: number
  readonly maxBytes: number
  readonly maxEntryBytes: number
}

export interface PayloadRecorder {
  /** Queues it: no I/O, constant time, never throws. */
  record(head: PayloadHead, content: PayloadContent): void
  /** Resolves when all that was queued before has been written or has failed once. */
  flush(): Promise<void>
  /** Writes what is queued and stops. */
  close(): Promise<void>
}

const flushMs = 250
const retryMs = 1_000
/** The payloads of one transaction. */
const maxBatch = 32
const dayMs = 86_400_000

interface Queued {
  readonly head: PayloadHead
  readonly content: PayloadContent
}

/**
 * Its timers keep no process alive. A group that fails is tried again each second and in halves, so that one payload
 * that cannot be stored takes no other with it.
 */
export function createPayloadRecorder(options: PayloadRecorderOptions): PayloadRecorder {
  const { store, onError, maxQueued = 1_000 } = options
  const queue = new WriteQueue<Queued>({ maxQueued, maxGroup: maxBatch })
  let timer: NodeJS.Timeout | undefined
  let writing: Promise<void> | undefined
  let isClosed = false
  const pruning = startPruning({
    step(limit) {
      const { retentionDays, maxBytes } = options.settings()
      return store.prune({ olderThanMs: options.clock.nowMs() - retentionDays * dayMs, maxBytes }, limit)
    },
    onError: (cause) => onError(cause, 0),
    firstAfterMs: 25,
  })

  const schedule = (delayMs: number): void => {
    if (isClosed) return
    timer ??= setTimeout(() => {
      timer = undefined
      void flush()
    }, delayMs).unref()
  }

  /** A group; false where it must be tried again. */
  const writeGroup = async (): Promise<boolean> => {
    const group = queue.group()
    try {
      const rows: SealedPayload[] = []
      // Sealing waits for its turn after each: a long queue must not hold up the requests that made it.
      for (const queued of group) rows.push(await seal(queued, options))
      await store.insert(rows)
    } catch (cause) {
      queue.failed(group)
      onError(cause, queue.takeDropped())
      return false
    }
    queue.wrote(group)
    const dropped = queue.takeDropped()
    if (dropped > 0) onError(new Error('payloads came faster than they could be written'), dropped)
    return true
  }

  const writeAll = async (): Promise<void> => {
    while (queue.length > 0) {
      if (!(await writeGroup())) return schedule(retryMs)
    }
  }
  const flush = (): Promise<void> => {
    writing ??= writeAll().finally(() => {
      writing = undefined
      // One may have come when the last had just been written.
      if (queue.length > 0) schedule(flushMs)
    })
    return writing
  }

  return {
    record(head, content) {
      queue.add({ head, content })
      if (writing === undefined) schedule(flushMs)
    },
    flush,
    async close() {
      isClosed = true
      clearTimeout(timer)
      await flush()
      await flush() // one that was under way may have begun before the last came
      const lost = queue.giveUp()
      if (lost > 0) onError(new Error('the store did not take the last payloads'), lost)
      await pruning.stop()
    },
  }
}

/** The parts of a payload's place: none of them can be changed without losing the text. */
export function placeOf({ org, id, atMs, keyId }: PayloadHead): readonly (string | number)[] {
  return [org, 'payloads', id, atMs, keyId, 'sealed']
}

async function seal(
  { head, content }: Queued,
  { sealing, settings, redactor }: PayloadRecorderOptions,
): Promise<SealedPayload> {
  await new Promise(setImmediate)
  const text = contentText(content, redactor())
  const bytes = Buffer.byteLength(text)
  if (bytes > settings().maxEntryBytes) {
    return { ...head, keyVersion: 0, bytes: 0, sealed: new Uint8Array() }
  }
  return { ...head, bytes, ...(await sealing.seal(head.org, placeOf(head), text)) }
}
