/** The shape of one provider: where it is, how Weir signs in there, and what it bears. */

import { z } from 'zod'
import type { DialectId } from '../core/event.ts'
import { timeoutSettings, weightSetting } from './route-settings.ts'
import {
  allowPrivateNetwork,
  cloudRegion,
  headers,
  milliseconds,
  name,
  outboundUrl,
  secret,
  text,
} from './setting-kinds.ts'

const dialects = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'bedrock-converse',
  'cohere-chat',
  'ollama-chat',
  'openai-completions',
] as const satisfies readonly DialectId[]

export const providerSettings = z.strictObject({
  type: text.exactOptional().describe("A known provider's type; without it, the name is the type."),
  apiKey: secret("The provider's key; without it, the type's usual environment variable.").exactOptional(),
  apiKeys: z
    .array(
      z.strictObject({
        key: secret("One of the provider's keys."),
        alias: name
          .exactOptional()
          .describe('What records and metrics call it. Unset: `key-1`, `key-2`, ...'),
        weight: weightSetting.default(1).describe('Its share of the requests.'),
        models: z
          .array(text)
          .min(1)
          .exactOptional()
          .describe('The models that it is for; `*` stands for any text. Absent: all.'),
      }),
    )
    .min(1)
    .max(64)
    .exactOptional()
    .describe('Several keys in place of `apiKey`: each has its own share, and its own health.'),
  region: cloudRegion
    .exactOptional()
    .describe("The provider's region; without it, `AWS_REGION`. Only for types that have regions."),
  accessKeyId: secret(
    'Access key that signs requests, in place of a key; without it, `AWS_ACCESS_KEY_ID`.',
  ).exactOptional(),
  secretAccessKey: secret('The secret of the access key.').exactOptional(),
  sessionToken: secret('The session token, where the access key is a temporary one.').exactOptional(),
  baseUrl: outboundUrl
    .exactOptional()
    .describe('Where its API lives, version path included; types that are not one service need it.'),
  dialect: z
    .enum(dialects)
    .exactOptional()
    .describe('The dialect it speaks, where it differs from what its type says.'),
  structured: z
    .enum(['native', 'tool', 'json', 'instructions'])
    .exactOptional()
    .describe('How it is asked to answer by a schema, at best; without it, as its type is known to take it.'),
  headers: headers.exactOptional(),
  allowPrivateNetwork,
  timeout: timeoutSettings.exactOptional().describe('Limits on one attempt.'),
  models: z
    .array(text)
    .default([])
    .describe('Bare model names it serves, so that a caller may leave out `provider/`.'),
  concurrency: z
    .strictObject({
      max: z.number().int().min(1).max(100_000).exactOptional().describe('Calls at once. Unset: 1,024.'),
      queue: z
        .number()
        .int()
        .min(0)
        .max(100_000)
        .exactOptional()
        .describe('Calls that wait for a place. Unset: 256.'),
      maxWaitMs: milliseconds.exactOptional().describe('How long one waits at most. Unset: 1,000.'),
    })
    .exactOptional()
    .describe('Bounds the load on it; what goes beyond is answered 503.'),
})
