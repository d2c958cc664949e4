/** The shape of the `routes` section: strategies, targets, conditions, and what happens when an attempt fails. */

import { z } from 'zod'
import { languages } from '../core/language.ts'
import { routeExperimentSettings } from './experiment-settings.ts'
import { routeStructuredSettings } from './structured-settings.ts'
import { routeCacheSettings } from './cache-settings.ts'
import { checked, milliseconds, text } from './setting-kinds.ts'

const tokens = z.number().int().min(0).max(1_000_000_000)
const flag = z.boolean().exactOptional()

/** Limits on one attempt, of a provider or of a target. */
export const timeoutSettings = z.strictObject({
  connectMs: milliseconds.exactOptional().describe('TCP and TLS. Unset: 3,000.'),
  firstTokenMs: milliseconds
    .exactOptional()
    .describe('From sending the request to the first content of a stream. Unset: 120,000.'),
  idleMs: milliseconds.exactOptional().describe('Without a byte on an open stream. Unset: 60,000.'),
  totalMs: milliseconds.exactOptional().describe('A whole attempt, not streamed. Unset: 600,000.'),
  streamTotalMs: milliseconds.exactOptional().describe('A whole attempt, streamed. Unset: 1,800,000.'),
})

/** A share among others: none may be without one. */
export const weightSetting = z
  .number()
  .max(1_000_000)
  .refine((value) => value > 0, {
    error: 'not a weight',
    params: { mend: 'Use a number above 0, or remove the line.' },
  })

/** Names of regions are the operator's own; they stand in headers. */
export const regionSetting = checked(
  (value) => /^[A-Za-z0-9._-]{1,64}$/.test(value),
  'not a region',
  'Use letters, digits, `.`, `_` and `-`: `eu`, `us-east-1`.',
)

const dialects = [
  ...(['openai-chat', 'openai-responses', 'anthropic-messages', 'gemini'] as const),
  ...(['openai-embeddings', 'gemini-embeddings'] as const),
] as const

const when = z.strictObject({
  keys: z.array(text).min(1).exactOptional().describe('Names of API keys; `*` stands for any text.'),
  tags: z.array(text).min(1).exactOptional().describe('One of these is in `x-weir-tags`.'),
  headers: z
    .record(text, z.string())
    .exactOptional()
    .describe('Request headers and their values; `*` stands for any text.'),
  dialects: z.array(z.enum(dialects)).min(1).exactOptional().describe('The dialect of the client.'),
  stream: flag.describe('Is the answer streamed?'),
  tools: flag.describe('Does the request offer tools?'),
  structured: flag.describe('Does it ask for JSON or a schema?'),
  reasoning: flag.describe('Does it ask for reasoning?'),
  media: z
    .array(z.enum(['image', 'audio', 'video', 'document']))
    .min(1)
    .exactOptional()
    .describe('The prompt holds one of these.'),
  code: flag.describe("Is there code in the user's last words?"),
  languages: z
    .array(z.enum(languages))
    .min(1)
    .exactOptional()
    .describe("The language of the user's last words, as far as it can be guessed."),
  inputTokens: z
    .strictObject({
      above: tokens.exactOptional().describe('More tokens than this.'),
      below: tokens.exactOptional().describe('Fewer tokens than this.'),
    })
    .exactOptional()
    .describe('The estimated length of the prompt.'),
})

const target = z
  .union([
    text,
    z.strictObject({
      target: text.describe('`provider/model`, or the name of another route.'),
      weight: weightSetting.exactOptional().describe('For `weighted`: its share. Unset: 1.'),
      labels: z.array(text).exactOptional().describe('For `task`: the tasks that it is for.'),
      region: regionSetting
        .exactOptional()
        .describe('Where it computes: a caller that names a data region goes only there.'),
      when: when.exactOptional().describe('It takes only requests for which all of this holds.'),
      timeout: timeoutSettings
        .exactOptional()
        .describe("Limits on one attempt; they override the provider's."),
    }),
  ])
  .transform((value) => (typeof value === 'string' ? { target: value } : value))

const rule = z.strictObject({
  label: text.describe('The task that the rule names; targets carry it in `labels`.'),
  when: when.exactOptional().describe('All of this must hold. Absent: the rule always holds.'),
})

const parameters = z.strictObject({
  temperature: z.number().min(0).max(2).exactOptional().describe('0 to 2.'),
  topP: z.number().min(0).max(1).exactOptional().describe('0 to 1.'),
  topK: z.number().int().min(1).max(1_000_000).exactOptional().describe('The tokens that are drawn from.'),
  maxOutputTokens: tokens.min(1).exactOptional().describe('The longest answer.'),
  seed: z.number().int().exactOptional().describe('For answers that repeat, where the provider can.'),
  stop: z.array(text).min(1).max(16).exactOptional().describe('Texts that end the answer.'),
})

const tool = z.strictObject({
  name: text.max(128).describe('What the model calls it.'),
  description: text.exactOptional().describe('What it is for.'),
  schema: z.record(z.string(), z.unknown()).exactOptional().describe('JSON Schema of its arguments.'),
})

const examples = z.strictObject({
  embedder: text.describe('`provider/model` that embeds the examples and the questions.'),
  timeoutMs: milliseconds
    .max(10_000)
    .default(500)
    .describe('How long a request waits for its question to be embedded; then the rules alone decide.'),
  minSimilarity: z
    .number()
    .min(0)
    .max(1)
    .default(0)
    .describe('Cosine, 0 to 1: where no example is as near, the rules alone decide.'),
  labelled: z
    .array(
      z.strictObject({
        label: text.describe('The task; targets carry it in `labels`.'),
        text: text.max(8_000).describe('What a user may ask.'),
      }),
    )
    .min(1)
    .max(256)
    .describe('Questions whose task is known.'),
})

export const routeSettings = z.strictObject({
  strategy: z
    .enum(['ordered', 'weighted', 'cheapest', 'fastest', 'task', 'experiment'])
    .default('ordered')
    .describe(
      '`ordered`: the first target that answers. `weighted`: by `weight`. `cheapest`: by expected cost. ' +
        '`fastest`: by measured speed. `task`: by `rules`. `experiment`: by the arm of the caller, then in order.',
    ),
  targets: z
    .array(target)
    .min(1)
    .max(64)
    .describe('Where requests go: `provider/model`, the name of another route, or an object.'),
  rules: z.array(rule).max(64).default([]).describe('For `task`: the first that holds names the task.'),
  examples: examples
    .exactOptional()
    .describe(
      'For `task`: where no rule with a `when` holds, the nearest of these names the task. A rule without `when` is the default.',
    ),
  experiment: routeExperimentSettings
    .exactOptional()
    .describe(
      'For `experiment`: arms that are compared on live traffic. Answers of the route are not cached.',
    ),
  protected: z
    .boolean()
    .default(false)
    .describe('A new revision waits for `weir promote`, which wants a fresh gate that has passed it.'),
  prompt: text
    .max(200_000)
    .exactOptional()
    .describe(
      'A system prompt before those of the request: a text, or `file://` and a path. `{{date}}` is the day in UTC.',
    ),
  parameters: parameters.exactOptional().describe('Sent where the request does not say otherwise.'),
  tools: z
    .array(tool)
    .min(1)
    .max(128)
    .exactOptional()
    .describe('Offered with every request; one of the same name in the request wins.'),
  retry: z
    .strictObject({
      attempts: z.number().int().min(1).max(10).default(3).describe('Attempts per request over all targets.'),
    })
    .prefault({})
    .describe('What happens when an attempt fails before the caller has seen a byte.'),
  failoverOn: z
    .array(z.enum(['context_length', 'content_filter', 'refusal']))
    .default([])
    .describe('Refusals of the request itself after which the next target is tried all the same.'),
  structured: routeStructuredSettings
    .exactOptional()
    .describe('How answers are held to a schema; overrides the section of the same name.'),
  continueBrokenStreams: z
    .boolean()
    .default(false)
    .describe(
      'A stream that breaks within its prose is continued by the next target, once; both attempts are billed.',
    ),
  breaker: z
    .strictObject({
      consecutiveFailures: z.number().int().min(1).max(1000).default(5).describe('Failures in a row.'),
      errorRate: z
        .number()
        .min(0.01)
        .max(1)
        .default(0.5)
        .describe('Share of failures within 30 s, of ten requests or more.'),
    })
    .prefault({})
    .describe('When a failing target is left alone for a while.'),
  promptCache: z
    .enum(['off', 'auto'])
    .default('off')
    .describe(
      "`auto` marks long beginnings of prompts for the provider's own cache (Anthropic, Bedrock), where the caller has marked none. " +
        'A mark costs a quarter more once and saves nine tenths of each repeat within minutes: worth it where prompts repeat.',
    ),
  cache: routeCacheSettings.exactOptional().describe('`off`, or what differs from the global `cache`.'),
  hedge: z
    .strictObject({
      afterMs: milliseconds
        .exactOptional()
        .describe('Unset: when 95 of 100 streams of the target would have begun.'),
      maxShare: z.number().gt(0).max(0.5).default(0.02).describe('Most of the requests that are hedged.'),
    })
    .exactOptional()
    .describe('Send a slow request to the next target too; the first to begin wins, and both are billed.'),
})
