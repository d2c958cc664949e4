/** The queue that needs nothing but the store: whoever asks next gets the lines that are due. */

import type { BatchStore, LineQueue } from './port.ts'

export function createStoreQueue(store: Pick<BatchStore, 'claim'>): LineQueue {
  return {
    // The rows say it all.
    offer: async () => undefined,
    take: (batchId, limit, lease) => store.claim(batchId, limit, lease),
    drop: async () => undefined,
    close: async () => undefined,
  }
}
