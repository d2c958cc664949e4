/** The shape of a route's `experiment` section: what its arms are, what decides between them, and what stops one. */

import { z } from 'zod'
import { checked, text } from './setting-kinds.ts'

/** Names stand in headers and in tables. */
const name = checked(
  (value) => /^[A-Za-z0-9._-]{1,64}$/.test(value),
  'not a name',
  'Use at most 64 letters, digits, `.`, `_` and `-`.',
)

const metrics = [
  ...(['feedback', 'judge', 'errors', 'contract_failures'] as const),
  ...(['cost', 'latency', 'first_token'] as const),
] as const

const metric = z
  .enum(metrics)
  .describe(
    '`feedback`: scores from `/v1/feedback`. `judge`: scores of a judge model. `errors`: requests that failed. ' +
      '`contract_failures`: answers that broke their schema. `cost`: USD. `latency`, `first_token`: time.',
  )

export const routeExperimentSettings = z.strictObject({
  name: name.describe(
    'Salts the assignment: another name deals all callers out anew, and counts from nothing.',
  ),
  unit: z
    .enum(['session', 'user', 'key'])
    .default('session')
    .describe('What stays with its arm. Without a session the user stands in, without a user the key.'),
  metric: metric.default('feedback').describe('What decides.'),
  alpha: z
    .number()
    .gt(0)
    .max(0.2)
    .default(0.05)
    .describe('Chance of a wrong winner, however often it is looked at; shared by the arms.'),
  minUnits: z
    .number()
    .int()
    .min(20)
    .max(1_000_000)
    .default(200)
    .describe('Units of each arm before the first look.'),
  guardrails: z
    .array(
      z.strictObject({
        metric,
        margin: z
          .number()
          .min(0)
          .max(10)
          .exactOptional()
          .describe(
            'Harm that is borne: points of a rate or a score (unset: 0.02), a share of cost and time (unset: 0.2).',
          ),
      }),
    )
    .max(8)
    .default([{ metric: 'errors' }])
    .describe('An arm that is surely worse than the control by more than this stops the experiment.'),
  onWinner: z
    .enum(['suggest', 'promote'])
    .default('suggest')
    .describe(
      '`promote`: the winner becomes a revision of the route, and goes live as any other does: of a protected route after its gate.',
    ),
  judge: z
    .strictObject({
      target: text.describe('`provider/model`, or a route, that grades answers.'),
      rubric: text.max(20_000).describe('What a good answer is.'),
      sample: z.number().gt(0).max(1).default(0.05).describe('Share of the requests whose answer is graded.'),
      maxUsdPerDay: z
        .number()
        .gt(0)
        .default(5)
        .describe('Grading stops for the day (UTC) at this cost, on each instance.'),
    })
    .exactOptional()
    .describe('For the metric `judge`.'),
  arms: z
    .array(
      z.strictObject({
        name: name.describe('What records, figures and headers call it.'),
        weight: z.number().gt(0).max(1_000_000).default(1).describe('Its share among the arms.'),
        targets: z
          .array(text)
          .min(1)
          .max(16)
          .exactOptional()
          .describe("Tried before the route's own targets, in this order."),
        prompt: text
          .max(200_000)
          .exactOptional()
          .describe("In place of the route's `prompt`; `file://` too."),
        parameters: z
          .strictObject({
            temperature: z.number().min(0).max(2).exactOptional().describe('0 to 2.'),
            topP: z.number().min(0).max(1).exactOptional().describe('0 to 1.'),
            maxOutputTokens: z
              .number()
              .int()
              .min(1)
              .max(1_000_000_000)
              .exactOptional()
              .describe('The longest answer.'),
          })
          .exactOptional()
          .describe("Over the route's `parameters`."),
      }),
    )
    .min(2)
    .max(10)
    .describe('The first is the control: the route as it stands, so it has a name and a weight only.'),
})
