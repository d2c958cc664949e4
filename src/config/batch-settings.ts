/** The shape of the `files` and `batches` sections. */

import { z } from 'zod'
import { allowPrivateNetwork, bytes, name, outboundUrl, secret, text } from './setting-kinds.ts'

export const fileSettings = z.strictObject({
  folder: text
    .exactOptional()
    .describe(
      'Where their bytes are. Unset: `files` in the data folder. Several instances of one store that work on the ' +
        'same batches mount one folder; a relative one is below the data folder.',
    ),
  maxBytes: bytes.default(536_870_912).describe('Largest file.'),
  maxTotalBytes: bytes.default(21_474_836_480).describe('Of all files of an organisation.'),
  ttlDays: z
    .number()
    .int()
    .min(1)
    .max(3650)
    .default(30)
    .describe('How long a file is kept where its caller does not say.'),
})

export const batchSettings = z.strictObject({
  concurrency: z
    .number()
    .int()
    .min(1)
    .max(10_000)
    .default(64)
    .describe(
      'Requests of batches under way at once, over all of them; what each key of each provider takes is found out.',
    ),
  maxLines: z.number().int().min(1).max(10_000_000).default(1_000_000).describe('Requests of one batch.'),
  maxLineBytes: bytes.max(268_435_456).default(33_554_432).describe('Largest request of a batch.'),
  maxDeferred: z
    .number()
    .int()
    .min(1)
    .max(100_000)
    .default(1000)
    .describe(
      'Requests of one key that are deferred, or made in the background, and not answered yet; more get `rate_limited`. ' +
        'To hand one in counts in no other limit: it waits for room in those of its key, and counts there when it is made.',
    ),
  tries: z
    .number()
    .int()
    .min(1)
    .max(100)
    .default(5)
    .describe(
      'How often a request that the provider failed at is made; refusals for want of room do not count.',
    ),
  native: z
    .enum(['asked', 'always', 'never'])
    .default('asked')
    .describe(
      "Whose requests go to the providers' own batches, at their discount: of batches that ask for it " +
        '(`native: true`, or `x-weir-native: 1`), of all, or of none.',
    ),
  webhooks: z
    .record(
      name,
      z.strictObject({
        url: outboundUrl.describe('Where the end of each batch is posted, signed as alerts are.'),
        secret: secret('What signs it: 16 characters or more.'),
        allowPrivateNetwork,
      }),
    )
    .default({})
    .describe('Who is told when a batch has ended, however it did, by names of your own.'),
})
