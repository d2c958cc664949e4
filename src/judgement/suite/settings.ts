/** The shape of a suite file: promptfoo's keys and our own, strict about the rest. */

import { z } from 'zod'
import type { JsonObject } from '../../core/json.ts'
import { assertionTypes } from '../assertions/table.ts'
import { caseIdPattern } from './case-id.ts'

const words = z.string().min(1)
const share = z.number().min(0).max(1)
const data = z.record(z.string(), z.json())

export type AssertionSettings = z.output<typeof assertionSettings>

const typeNames = assertionTypes.flatMap((type) => [type, `not-${type}`]) as [string, ...string[]]

export const assertionSettings = z.strictObject({
  type: z.enum(typeNames).optional().describe('What is asserted; `not-` before it turns it around.'),
  $ref: z
    .string()
    .regex(/^#\/assertionTemplates\/.+/)
    .optional()
    .describe('An assertion of `assertionTemplates` (`#/assertionTemplates/name`); keys beside it win.'),
  value: z.json().optional().describe('What is looked for; `file://` reads it from a file.'),
  threshold: z.number().optional().describe('The bound of a measure, or the score that passes.'),
  weight: z.number().min(0).optional().describe('Weight in the score (1); 0 is recorded and never fails.'),
  metric: words.optional().describe('A name under which scores are summed up.'),
  transform: words
    .optional()
    .describe(
      'What is done to the output first: `trim`, `lower`, `/json/pointer`, `regex:(group)`, several with `|`; ' +
        'or JavaScript, an expression or `file://`, which wants `--allow-js`.',
    ),
  provider: words.optional().describe("A judge or embedder other than the suite's."),
  config: data.optional().describe('Settings of the type.'),
  rubricPrompt: words.optional().describe("The judge's instructions instead of ours."),
  description: z.string().optional().describe('For readers.'),
  get assert() {
    return z.array(assertionSettings).min(1).optional().describe('The assertions of an `assert-set`.')
  },
})

const assertions = z.array(assertionSettings)

const turn = z
  .strictObject({
    system: words.optional().describe('A system message.'),
    user: words.optional().describe('A message of the user.'),
    assistant: z
      .union([words, z.strictObject({ assert: assertions.optional() })])
      .optional()
      .describe('A text is scripted history; `{assert: [...]}` calls the model and keeps its real reply.'),
    tool: z
      .strictObject({ name: words, result: z.string() })
      .optional()
      .describe("The result of the tool that the model's last reply called."),
  })
  .refine((value) => Object.keys(value).length === 1, {
    error: 'not one message',
    params: { mend: 'Write one of `system`, `user`, `assistant`, `tool` in each turn.' },
  })

export type ParamSettings = z.output<typeof paramSettings>

export const paramSettings = z.strictObject({
  temperature: z.number().min(0).max(2).optional().describe('Sampling temperature.'),
  top_p: share.optional().describe('Nucleus sampling.'),
  max_tokens: z.int().min(1).optional().describe('Most output tokens.'),
  seed: z.int().optional().describe("The provider's own seed."),
  stop: z
    .union([words, z.array(words)])
    .optional()
    .describe('Texts that end the answer.'),
  logprobs: z.boolean().optional().describe('Ask for log-probabilities (for `perplexity`).'),
  reasoning_effort: z
    .enum(['none', 'minimal', 'low', 'medium', 'high', 'xhigh', 'max'])
    .optional()
    .describe('How much a reasoning model thinks.'),
  response_format: z
    .union([
      z.strictObject({ type: z.enum(['text', 'json_object']) }),
      z.strictObject({
        type: z.literal('json_schema'),
        json_schema: z.strictObject({
          name: words.optional(),
          description: z.string().optional(),
          schema: data,
          strict: z.boolean().optional(),
        }),
      }),
    ])
    .optional()
    .describe("The form of the answer, as in OpenAI's API."),
  tools: z
    .array(
      z.strictObject({
        type: z.literal('function').optional(),
        function: z.strictObject({
          name: words,
          description: z.string().optional(),
          parameters: data.optional(),
          strict: z.boolean().optional(),
        }),
      }),
    )
    .optional()
    .describe("Tools offered to the model, as in OpenAI's API."),
  tool_choice: z
    .union([
      z.enum(['auto', 'none', 'required']),
      z.strictObject({ type: z.literal('function'), function: z.strictObject({ name: words }) }),
    ])
    .optional()
    .describe("Which tool, as in OpenAI's API."),
})

const caseKeys = {
  description: z.string().optional().describe('For readers.'),
  vars: data.optional().describe('Values for the templates; a list makes one case for each entry.'),
  assert: assertions.optional().describe('What the final reply is held to.'),
  threshold: share.optional().describe('Mean score that passes, instead of every assertion.'),
  metadata: data.optional().describe('Your own labels, for filters, clusters and reports.'),
  tags: z.array(words).optional().describe('Groups for which figures are shown apart.'),
  options: z
    .strictObject({
      transform: words.optional(),
      provider: words.optional(),
      rubricPrompt: words.optional(),
      disableVarExpansion: z.boolean().optional(),
    })
    .optional()
    .describe(
      '`transform` of every assertion, `provider` and `rubricPrompt` of the judge, `disableVarExpansion`.',
    ),
  params: paramSettings.optional().describe('Parameters of the call; they win over those of the suite.'),
  repeat: z.int().min(1).max(1000).optional().describe('How often each arm answers the case.'),
  critical: z.boolean().optional().describe('Must pass for the gate to pass.'),
  turns: z.array(turn).min(1).optional().describe('The conversation, after the messages of the prompt.'),
}

export type CaseSettings = z.output<typeof caseSettings>

export const caseSettings = z.strictObject({
  id: z
    .string()
    .superRefine((id, context) => {
      if (caseIdPattern.test(id)) return
      const mend = 'At most 80 of: small letters, digits, `.`, `_`, `-`.'
      context.addIssue({ code: 'custom', message: 'not a valid id', params: { mend } })
    })
    .meta({ pattern: caseIdPattern.source })
    .optional()
    .describe(
      'Pairs the arms: small letters, digits, `.`, `_`, `-`. Without one it is made from vars and turns.',
    ),
  ...caseKeys,
})

const bounds = z.strictObject({
  maxMs: z.number().min(0).optional().describe('Absolute limit.'),
  maxRatio: z.number().gt(0).optional().describe('Limit against the baseline.'),
})

export type GateSettings = z.output<typeof gateSettings>

export const gateSettings = z
  .strictObject({
    margin: z
      .number()
      .gt(0)
      .lt(1)
      .default(0.03)
      .describe("How much lower the pass rate may be than the baseline's."),
    alpha: z
      .number()
      .gt(0)
      .max(0.5)
      .default(0.05)
      .describe('Error of each bound: the risk to pass what is worse by the margin.'),
    minPassRate: share.optional().describe('Absolute floor: the lower bound of the pass rate must reach it.'),
    critical: z.enum(['all']).optional().describe('`all`: every repeat of a critical case must pass.'),
    latencyP95: bounds.optional().describe('95th percentile of the total time.'),
    ttftP95: bounds.optional().describe('95th percentile of the time to the first token.'),
    cost: z
      .strictObject({
        maxUsd: z.number().min(0).optional().describe('Mean cost of a case, in USD.'),
        maxRatio: z.number().gt(0).optional().describe('Mean cost against the baseline.'),
      })
      .optional()
      .describe('Cost of the calls; judges are not counted.'),
    consistency: z
      .strictObject({ minAgreement: share.describe('Mean agreement over the repeats of a case.') })
      .optional()
      .describe('How alike the answers to the same case are.'),
    metrics: z
      .record(
        words,
        z.strictObject({
          min: z.number().optional().describe('Absolute floor of the mean score.'),
          margin: z.number().gt(0).optional().describe('How much lower than the baseline it may be.'),
        }),
      )
      .optional()
      .describe('Gates on metrics named by assertions.'),
    maxErrorRate: share.default(0.02).describe('Share of calls or grades that may be lost to faults.'),
    earlyStop: z.boolean().default(false).describe('Stop as soon as the evidence decides.'),
    onInconclusive: z
      .union([
        z.enum(['hold', 'fail']),
        z.strictObject({ extend: z.strictObject({ repeat: z.int().min(1) }) }),
      ])
      .default('hold')
      .describe('`fail` counts it as failed; `extend` is a planned second look with so many repeats.'),
  })
  .refine(({ earlyStop, alpha }) => !earlyStop || alpha > 0.01, {
    path: ['alpha'],
    error: 'too small for early stopping',
    params: { mend: 'Early stopping spends .01 of `alpha`; set it higher, or `earlyStop: false`.' },
  })
  .refine(({ earlyStop, onInconclusive }) => !earlyStop || typeof onInconclusive !== 'object', {
    path: ['onInconclusive'],
    error: 'a second look does not go with early stopping',
    params: { mend: 'Write `hold` or `fail`, or set `earlyStop: false`.' },
  })
export type TargetSettings = z.output<typeof targetSettings>

const targetSettings = z.union([
  words,
  z.strictObject({
    target: words.optional(),
    id: words.optional(),
    label: words.optional(),
    params: paramSettings.optional(),
    config: paramSettings.optional(),
  }),
])

export type ContrastSettings = NonNullable<SuiteSettings['contrasts']>[number]

export type SuiteSettings = z.output<typeof suiteSettings>

export const suiteSettings = z.strictObject({
  $schema: z.string().optional(),
  name: words.optional().describe("Name of the suite; the file's name without it."),
  description: z.string().optional().describe('For readers.'),
  seed: z.union([z.int(), words]).optional().describe('Repeats the order, samples and resampling.'),
  tags: z.record(z.string(), z.string()).optional().describe('Labels of the suite.'),
  env: z.record(z.string(), z.string()).optional().describe('Values for `{{env.NAME}}`.'),
  prompts: z
    .union([
      words,
      z.array(
        z.union([
          words,
          z.strictObject({ id: words.optional(), raw: words.optional(), label: words.optional() }),
        ]),
      ),
    ])
    .optional()
    .describe('Templates: a text, a chat list, or `file://`. Every case is asked with each.'),
  candidate: targetSettings.optional().describe('A route, `route@revision` or `provider/model`.'),
  baseline: targetSettings.optional().describe('What the candidate is held against.'),
  providers: z
    .union([words, z.array(targetSettings).min(1)])
    .optional()
    .describe("promptfoo's name for the candidates."),
  judge: z
    .strictObject({
      target: words.optional().describe('The judge: an exact snapshot.'),
      panel: z.array(words).min(1).optional().describe('Several judges, who vote.'),
      params: paramSettings.optional().describe('Parameters of its calls.'),
      calibration: words
        .optional()
        .describe(
          '`file://` of answers that people have graded, `{rubric, output, pass}`: judged anew in each run. ' +
            'A judge that agrees with them by a kappa below 0.6 passes no gate.',
        ),
      pairwise: z
        .strictObject({
          rubric: words
            .optional()
            .describe('What makes an answer better. Correctness, help and brevity unless set.'),
          metric: words
            .default('preference')
            .describe('The metric of the candidate: 1 better, 0 worse, 0.5 neither.'),
        })
        .optional()
        .describe(
          'The judges also say of each pair of answers which is better, in both orders. `gate.metrics` may bound it.',
        ),
    })
    .optional()
    .describe('Who decides the assertions that a model grades.'),
  embedder: words.optional().describe('The embedding model of `similar`.'),
  params: paramSettings.optional().describe('Parameters of every call.'),
  cluster: words
    .optional()
    .describe('The unit of inference: a path into the case such as `metadata.template`.'),
  repeat: z.int().min(1).max(1000).optional().describe('How often each arm answers each case.'),
  assertionTemplates: z.record(words, assertionSettings).optional().describe('Assertions to refer to.'),
  defaultTest: z
    .union([words, z.strictObject(caseKeys)])
    .optional()
    .describe('What every case begins with.'),
  tests: z
    .union([words, z.array(z.union([words, caseSettings]))])
    .optional()
    .describe('The cases, inline or `file://` (YAML, JSON, JSON Lines, CSV).'),
  scenarios: z
    .array(
      z.strictObject({
        description: z.string().optional(),
        config: z.array(z.strictObject(caseKeys)).min(1),
        tests: z.array(caseSettings).min(1),
      }),
    )
    .optional()
    .describe('Every test with every configuration.'),
  derivedMetrics: z
    .array(z.strictObject({ name: words, value: words }))
    .optional()
    .describe('Arithmetic over metrics (`{{a}} + {{b}}` or `a / b`).'),
  evaluateOptions: z
    .strictObject({
      maxConcurrency: z.int().min(1).max(1000).optional().describe('Calls at once (4).'),
      repeat: z.int().min(1).max(1000).optional(),
      delay: z.int().min(0).optional().describe('Milliseconds between the starts of two calls.'),
      timeoutMs: z.int().min(1).optional().describe('Longest time of one call.'),
      maxEvalTimeMs: z
        .int()
        .min(1)
        .optional()
        .describe('Longest time of the run; what is missing stays missing.'),
    })
    .optional()
    .describe('How the run goes.'),
  contrasts: z
    .array(
      z.strictObject({
        name: words,
        from: words.describe('A tag.'),
        to: words.describe('Another tag of the same clusters.'),
      }),
    )
    .optional()
    .describe('How much the pass rate of each arm falls from one tag to another, paired by cluster.'),
  outputPath: z
    .union([words, z.array(words)])
    .optional()
    .describe('Reports to write, as with `-o`.'),
  gate: gateSettings.optional().describe('What a candidate must show.'),
})

/** The JSON Schema that editors check a suite by. */
export function suiteJsonSchema(): JsonObject {
  return z.toJSONSchema(suiteSettings, { io: 'input', reused: 'ref', cycles: 'ref' }) as JsonObject
}

/** The text of `docs/weir-suite.schema.json`. */
export function renderSuiteSchema(): string {
  return `${JSON.stringify({ title: 'Weir evaluation suite', ...suiteJsonSchema() }, null, 2)}\n`
}
