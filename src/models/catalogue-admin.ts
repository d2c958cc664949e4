/** The administration route of the catalogue: what may be asked, what it can do, and at what price. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import type { Catalogue } from './catalogue.ts'
import { describeModels } from './describe.ts'

export interface CatalogueRouteParts {
  catalogue(): Promise<Catalogue>
  /** The configured providers. */
  readonly providers: () => Iterable<string>
  readonly nowMs: () => number
}

/** `GET /models`. */
export function catalogueRoutes({ catalogue, providers, nowMs }: CatalogueRouteParts): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/models',
      isOfInstance: true,
      policy: 'traffic:read',
      summary: 'The models that the catalogue knows of the configured providers, with their prices of now.',
      response: z.object({ data: z.array(modelShape) }),
      async run() {
        const known = await catalogue()
        const data = [...providers()].flatMap((name) => {
          const models = known.list(name)
          // A provider's name in the configuration may not be that of its type.
          return describeModels(models, nowMs()).map((model, index) => ({
            ...model,
            id: `${name}/${models[index]!.id}`,
            provider: name,
          }))
        })
        return { body: { data } }
      },
    }),
  ]
}

const usd = z.string().optional()

const modelShape = z.object({
  id: z.string().describe('For the `model` of a request.'),
  provider: z.string(),
  model: z.string(),
  context_window: z.int().optional().describe('Tokens.'),
  max_output_tokens: z.int().optional(),
  input_modalities: z.array(z.string()).optional(),
  output_modalities: z.array(z.string()).optional(),
  capabilities: z.record(z.string(), z.boolean()).optional(),
  pricing: z
    .looseObject({ input: usd, output: usd, cache_read: usd })
    .optional()
    .describe('USD per million tokens, fees per thousand.'),
  price_date: z
    .string()
    .optional()
    .describe(
      'The day, UTC, on which the price was known to be right; absent where the configuration sets it.',
    ),
  priced_as: z.string().optional(),
  retires_at: z.string().optional(),
  successor: z.string().optional(),
})
