/** The shape of the `payloads` section: which requests' texts are recorded, how they are redacted, how long they stay. */

import { z } from 'zod'
import { detectorNames } from '../detectors/built-in.ts'
import { bytes, text } from './setting-kinds.ts'

const isRecorded = z.enum(['on', 'off'])

export const payloadSettings = z.strictObject({
  record: isRecorded
    .default('off')
    .describe('Keep what was asked and answered, encrypted, of every request that no line below is for.'),
  routes: z
    .record(text, isRecorded)
    .default({})
    .describe('By route or `provider/model`, `*` stands for any text; the first that fits decides.'),
  keys: z
    .record(text, isRecorded)
    .default({})
    .describe("By the key's name, in the same way. An `off` of either wins over an `on` of the other."),
  redact: z
    .array(z.enum(detectorNames))
    .default([...detectorNames])
    .describe(
      'What is replaced by its kind, such as `[email]`, before anything is kept. Unset: all of these.',
    ),
  retentionDays: z.number().int().min(1).max(36_500).default(30).describe('Older payloads are deleted.'),
  maxBytes: bytes.default(1_073_741_824).describe('When payloads take more space, the oldest are deleted.'),
  maxEntryBytes: bytes
    .max(16_777_216)
    .default(262_144)
    .describe('Of a larger payload nothing is kept but that it was larger. Media are never kept.'),
})
