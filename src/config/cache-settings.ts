/** The shape of the `cache` section, and of a route's own `cache`. */

import { z } from 'zod'
import { bytes, text } from './setting-kinds.ts'

const seconds = z.number().int().min(1).max(31_536_000)
const share = z.number().min(0).max(1)

const exact = z.strictObject({
  ttlSeconds: seconds.default(3600).describe('How long an answer is served.'),
  toolCalls: z
    .boolean()
    .default(false)
    .describe(
      'Keep answers that ask the caller to run a tool, too. Others are kept only when they are whole.',
    ),
})

const semantic = z.strictObject({
  embedder: text.describe('The model that embeds questions: `provider/model`, or the name of a route.'),
  mode: z
    .enum(['off', 'shadow', 'serve'])
    .default('shadow')
    .describe('`shadow` looks up, never serves, and records whether the answers agree.'),
  threshold: share
    .default(0.95)
    .describe('Least cosine of two questions. It raises itself while too many answers are wrong.'),
  maxFalseHits: z
    .number()
    .min(0.0001)
    .max(0.5)
    .default(0.005)
    .describe('Share of wrong hits beyond which the threshold is raised.'),
  sample: share
    .default(0.05)
    .describe('Of the hits that would be served, the share that is asked anew, to compare the answers.'),
  timeoutMs: z
    .number()
    .int()
    .min(1)
    .max(60_000)
    .default(500)
    .describe('An embedding that takes longer is a miss.'),
  maxEntries: z
    .number()
    .int()
    .min(1)
    .max(1_000_000)
    .default(50_000)
    .describe('Questions kept per organisation, destination and system prompt; the oldest go first.'),
  judge: text
    .exactOptional()
    .describe(
      'A model that is asked, before a hit is served, whether the two questions want the same answer.',
    ),
})

/** `off`, or what differs. */
export const routeCacheSettings = z.union([
  z.literal('off'),
  z.strictObject({
    exact: z
      .union([z.literal('off'), exact])
      .exactOptional()
      .describe('Answers to the same request. Absent: as in the global section.'),
    semantic: z
      .union([z.literal('off'), semantic])
      .exactOptional()
      .describe('Answers to questions of the same meaning. Absent: as in the global section.'),
  }),
])

export const cacheSettings = z.strictObject({
  exact: exact
    .exactOptional()
    .describe('Answers to the same request. Absent: off, but for routes that say otherwise.'),
  semantic: semantic
    .exactOptional()
    .describe('Answers to questions of the same meaning; needs `exact`. Absent: off.'),
  keep: z
    .enum(['memory', 'disk'])
    .default('memory')
    .describe(
      'Where answers are kept: `disk` is a file in the data folder that outlives a restart; answers of late are in memory, too.',
    ),
  vectors: z
    .enum(['memory', 'pgvector'])
    .default('memory')
    .describe(
      'Where the questions of the semantic cache are kept: `memory` is of each instance, and searches some 50,000 ' +
        'per partition in the time a request has; `pgvector` is the extension of the PostgreSQL that `store` names, ' +
        'shared by its instances, and for more.',
    ),
  maxBytes: bytes
    .default(268_435_456)
    .describe(
      'What all kept answers may take, in memory or on disk; those that were not used longest go first. In Redis it is for ' +
        'all instances together, and those that would end soonest go first.',
    ),
  maxEntryBytes: bytes.default(1_048_576).describe('A larger answer is not kept.'),
})
