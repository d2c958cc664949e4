/** The APIs for batches that providers have, by the kind that a provider's row names. */

import type { BatchApiKind } from '../../providers/spec.ts'
import { anthropicBatches } from './anthropic-batches.ts'
import type { BatchApi } from './batch-api.ts'
import { geminiBatches } from './gemini-batches.ts'
import { mistralJobs } from './mistral-jobs.ts'
import { openAiFiles } from './openai-files.ts'

export const batchApis: Readonly<Record<BatchApiKind, BatchApi>> = {
  'openai-files': openAiFiles,
  'anthropic-batches': anthropicBatches,
  'gemini-batches': geminiBatches,
  'mistral-jobs': mistralJobs,
}
