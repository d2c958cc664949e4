/** The shape of the `models` section: what the configuration says of models that the catalogue lacks or has otherwise. */

import { z } from 'zod'
import { parseUsd } from '../core/money.ts'
import { checked, text } from './setting-kinds.ts'

/** Above any price, and low enough that every rate stays an exact integer. */
const maxPriceUsd = 999_999

const price = z
  .union([z.number().min(0).max(maxPriceUsd), z.string().regex(/^\d{1,6}(?:\.\d{1,9})?$/)])
  .refine((value) => parseUsd(String(value)) !== undefined, {
    error: 'not an exact price',
    params: { mend: 'Write USD as a decimal with at most 9 places: `0.15` or `"0.15"`.' },
  })

const rates = {
  input: price.exactOptional().describe('Input tokens; also those that have no price of their own.'),
  cacheRead: price.exactOptional().describe("Input tokens read from the provider's prompt cache."),
  cacheReadAudio: price.exactOptional().describe('Cached audio tokens.'),
  cacheWrite5m: price.exactOptional().describe('Tokens written to the prompt cache.'),
  cacheWrite1h: price.exactOptional().describe('Tokens written to the prompt cache for an hour.'),
  inputAudio: price.exactOptional().describe('Audio tokens of the input.'),
  inputImage: price.exactOptional().describe('Image tokens of the input.'),
  inputVideo: price.exactOptional().describe('Video tokens of the input.'),
  output: price.exactOptional().describe('Output tokens; also those that have no price of their own.'),
  reasoning: price.exactOptional().describe('Reasoning tokens of the output.'),
  outputAudio: price.exactOptional().describe('Audio tokens of the output.'),
  outputImage: price.exactOptional().describe('Image tokens of the output.'),
  outputAfterReasoning: price.exactOptional().describe('All output tokens of an answer that reasoned.'),
  webSearch: price.exactOptional().describe("The provider's own web searches, USD per thousand."),
  searchedRequest: price.exactOptional().describe('Requests that searched, USD per thousand.'),
  request: price.exactOptional().describe('Requests, USD per thousand.'),
}

const day = z
  .string()
  .regex(/^\d{4}-\d{2}-\d{2}$/)
  .refine((value) => !Number.isNaN(Date.parse(value)), {
    error: 'not a day',
    params: { mend: 'Write year, month and day: `2026-10-23`.' },
  })

const tokens = z.number().int().min(1).max(1_000_000_000)
const modality = z.enum(['text', 'image', 'audio', 'video', 'document', 'embedding', 'ranking'])
const flag = z.boolean().exactOptional()

const modelName = checked(
  (value) => /^[^/]+\/[^*]+\*?$|^[^/]+\/\*$/.test(value),
  'not a model',
  'Write `provider/model`; `*` may stand for the end of the name.',
)

/** By `provider/model`. What is set here wins over the catalogue, member by member; a price wins as a whole. */
export const modelSettings = z.record(
  modelName,
  z.strictObject({
    contextWindow: tokens.exactOptional().describe('Tokens of prompt and answer together.'),
    maxOutputTokens: tokens.exactOptional().describe('Most tokens of an answer.'),
    inputModalities: z.array(modality).exactOptional().describe('What a prompt may hold.'),
    outputModalities: z.array(modality).exactOptional().describe('What an answer may hold.'),
    capabilities: z
      .strictObject({
        tools: flag.describe('Calls tools.'),
        parallelTools: flag.describe('Calls several tools at once.'),
        structuredOutput: flag.describe('Obeys a JSON Schema.'),
        citations: flag.describe('Names its sources.'),
        reasoning: z
          .union([z.literal(false), z.enum(['effort', 'budget', 'toggle', 'fixed'])])
          .exactOptional()
          .describe('How its reasoning is steered; `false`: it does not reason.'),
      })
      .exactOptional()
      .describe('What it can do. Absent: as in the catalogue, or not known.'),
    price: z
      .strictObject({
        ...rates,
        long: z
          .array(
            z.strictObject({
              aboveTokens: tokens.describe('For prompts of more tokens than this.'),
              ...rates,
            }),
          )
          .exactOptional()
          .describe('Prices for long prompts; what is left out stays as below.'),
      })
      .exactOptional()
      .describe('USD per million tokens; 0 is free. It replaces the catalogue price as a whole.'),
    sensitive: z
      .array(z.string().regex(/^[A-Za-z0-9][A-Za-z0-9._:/-]{0,63}$/))
      .exactOptional()
      .describe('Marks it as sensitive: only keys with all of these in their `clearances` may use it.'),
    retiresAt: day.exactOptional().describe('The day on which the provider ends it: `2026-10-23`.'),
    successor: text.exactOptional().describe('The model to use instead.'),
  }),
)
