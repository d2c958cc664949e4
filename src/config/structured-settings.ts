/** The shape of the `structured` section, global and per route: how answers are held to the schema of their request. */

import { z } from 'zod'

const check = z
  .boolean()
  .describe('Answers to requests with a JSON Schema are checked: valid, or a typed error. Unset: true.')
const reasks = z
  .number()
  .int()
  .min(0)
  .max(5)
  .describe('How often a target is asked again with what was wrong, before the next is tried. Unset: 1.')
const repair = z
  .enum(['none', 'syntax', 'shape'])
  .describe(
    '`syntax`: mends how JSON is written (fences, commas, quotes, text around it). `shape`: also leaves out members ' +
      'that the schema forbids, unwraps a wrapped answer, and reads `"42"` as a number where only that fits. ' +
      'What was mended is valid or is not given. Unset: `shape`.',
  )
const toolArguments = z
  .enum(['off', 'report', 'enforce'])
  .describe(
    "Arguments of tool calls against the tool's schema: `report` notes faults in the record, `enforce` asks again " +
      'and fails as for answers. Unset: `off`.',
  )

export const routeStructuredSettings = z.strictObject({
  check: check.exactOptional(),
  reasks: reasks.exactOptional(),
  repair: repair.exactOptional(),
  toolArguments: toolArguments.exactOptional(),
})

export const structuredSettings = z.strictObject({
  check: check.default(true),
  reasks: reasks.default(1),
  repair: repair.default('shape'),
  toolArguments: toolArguments.default('off'),
  checkTimeoutMs: z
    .number()
    .int()
    .min(10)
    .max(60_000)
    .default(500)
    .describe('How long one check may take where the schema or the answer is large or has costly patterns.'),
})
