/** The shape of the `guardrails` section: rules by name, and the routes that they are in force for. */

import { z } from 'zod'
import { detectorNames } from '../detectors/built-in.ts'
import { faultOfPatterns, faultOfWords } from '../detectors/own.ts'
import { allowPrivateNetwork, name, outboundUrl, secret, text } from './setting-kinds.ts'

const pattern = text.max(1_000).superRefine((value, context) => {
  const message = faultOfPatterns([value])
  if (message === undefined) return
  const mend = 'Write it with literals, classes, groups, `|` and counts; `\\b` may stand at its two ends.'
  context.addIssue({ code: 'custom', message: `not a pattern: ${message}`, params: { mend } })
})

/** What is good alone may be too much together. */
function fitTogether(faultOf: (list: readonly string[]) => string | undefined) {
  return (list: readonly string[], context: z.RefinementCtx) => {
    const message = faultOf(list)
    if (message === undefined) return
    context.addIssue({ code: 'custom', message, params: { mend: 'Share them out among several rules.' } })
  }
}

/** Of those of a rule, exactly one is given. */
export const guardrailKinds = [
  ...(['detect', 'patterns', 'words', 'maxCharacters'] as const),
  ...(['moderation', 'topics', 'webhook'] as const),
] as const

const rule = z.strictObject({
  action: z
    .enum(['block', 'redact', 'flag'])
    .describe(
      '`block` refuses the request or ends the answer. `redact` replaces what was found: in a prompt by placeholders, which ' +
        'are put back in the answer. `flag` only notes it in the record of the request.',
    ),
  on: z
    .array(z.enum(['input', 'output']))
    .min(1)
    .default(['input'])
    .describe('What is looked at: the prompt, the answer.'),
  detect: z.array(z.enum(detectorNames)).min(1).exactOptional().describe('Built-in detectors.'),
  patterns: z
    .array(pattern)
    .min(1)
    .max(500)
    .superRefine(fitTogether(faultOfPatterns))
    .exactOptional()
    .describe(
      'Regular expressions of the kind that is matched in linear time. `(?i)` in front: in any case.',
    ),
  words: z
    .array(text.max(200))
    .min(1)
    .max(5_000)
    .superRefine(fitTogether(faultOfWords))
    .exactOptional()
    .describe('Words and phrases, found whole and in any case.'),
  maxCharacters: z
    .number()
    .int()
    .min(1)
    .max(100_000_000)
    .exactOptional()
    .describe('The longest text, all of a prompt or an answer together.'),
  moderation: z
    .strictObject({
      model: text
        .default('openai/omni-moderation-latest')
        .describe('`provider/model` with an API for moderations like that of OpenAI.'),
      categories: z.array(text).min(1).exactOptional().describe('Only these categories. Absent: any.'),
    })
    .exactOptional()
    .describe("A provider's moderation."),
  topics: z
    .strictObject({
      model: text.describe('The route or `provider/model` that is asked.'),
      forbidden: z
        .array(text.max(200))
        .min(1)
        .max(50)
        .describe('What must not be talked about, each in a few words.'),
    })
    .exactOptional()
    .describe('A model is asked whether the text is about one of these.'),
  webhook: z
    .strictObject({
      url: outboundUrl.describe(
        'Gets the text as JSON, signed, and answers `{"action": "allow" | "block" | "flag"}`.',
      ),
      secret: secret('What signs it: 16 characters or more.'),
      allowPrivateNetwork,
    })
    .exactOptional()
    .describe('A service of your own decides.'),
  timeoutMs: z
    .number()
    .int()
    .min(1)
    .max(60_000)
    .default(3_000)
    .describe('For `moderation`, `topics` and `webhook`: how long their answer is waited for.'),
  onFault: z
    .enum(['block', 'allow'])
    .default('block')
    .describe(
      'What happens when they do not answer: the request is refused with `guardrail_unavailable`, or goes on.',
    ),
})

export const guardrailSettings = z.strictObject({
  rules: z.record(name, rule).default({}).describe('Rules by name; records call them by it.'),
  routes: z
    .record(text, z.array(text))
    .default({})
    .describe(
      'The rules of each route or `provider/model`; `*` stands for any text. All lines that fit are in force, for every ' +
        'revision of a route.',
    ),
})
