/** Deletes the files whose time is over, but for those that a batch still needs. */

import type { Clock } from '../core/clock.ts'
import type { FileFolder } from './file-folder.ts'
import type { BatchStore, FileStore } from './port.ts'

export interface FilePrunerParts {
  readonly store: Pick<FileStore, 'expired' | 'delete'>
  readonly batches: Pick<BatchStore, 'open'>
  readonly folder: Pick<FileFolder, 'id' | 'remove'>
  readonly clock: Pick<Clock, 'nowMs'>
  onError(cause: unknown): void
}

const pruneMs = 60_000
const filesPerStep = 100

export class FilePruner {
  readonly #parts: FilePrunerParts
  #timer: NodeJS.Timeout | undefined
  #pruning: Promise<void> | undefined

  constructor(parts: FilePrunerParts) {
    this.#parts = parts
  }

  start(): void {
    this.#timer = setInterval(() => {
      this.#pruning ??= this.#prune()
        .catch((cause: unknown) => this.#parts.onError(cause))
        .finally(() => (this.#pruning = undefined))
    }, pruneMs).unref()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.#pruning
  }

  async #prune(): Promise<void> {
    const { store, batches, folder, clock } = this.#parts
    const expired = await store.expired(folder.id, clock.nowMs(), filesPerStep)
    if (expired.length === 0) return
    const needed = new Set((await batches.open(folder.id)).map(({ inputFileId }) => inputFileId))
    for (const { id, org, keyId } of expired) {
      if (needed.has(id)) continue
      await store.delete({ org, keyId }, id)
      await folder.remove(id)
    }
  }
}
