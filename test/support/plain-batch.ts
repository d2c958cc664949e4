/** A batch of no lines that is under way: tests say what is different about theirs. */

import { type Batch, noUsage } from '../../src/batch/batch.ts'

export const plainBatch: Batch = {
  id: 'batch_1',
  org: 'default',
  keyId: 'k',
  keyName: 'app',
  dialect: 'openai',
  endpoint: '/v1/chat/completions',
  inputFileId: 'file_1',
  folder: 'here',
  status: 'in_progress',
  isPaused: false,
  isNative: false,
  completionWindow: '24h',
  metadata: {},
  total: 0,
  completed: 0,
  failed: 0,
  costNanoUsd: 0,
  heldNanoUsd: 0,
  usage: noUsage,
  faults: [],
  createdAtMs: 100,
  expiresAtMs: 100_000,
}
