/** The administration route of providers: what they are, and how they are. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import type { Provider } from '../providers/provider.ts'
import type { FigureBook } from './figures.ts'
import type { Health, LegState } from './health.ts'
import type { RoutingTable } from './plan.ts'

export interface ProviderRouteParts {
  readonly table: () => RoutingTable
  readonly health: Health
  readonly figures: FigureBook
}

/** `GET /providers`. */
export function providerRoutes({ table, health, figures }: ProviderRouteParts): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/providers',
      isOfInstance: true,
      policy: 'traffic:read',
      summary: 'The configured providers with the health of their targets.',
      response: z.object({ data: z.array(providerShape) }),
      run() {
        const states = Map.groupBy(health.list(), ({ provider }) => provider)
        const data = [...table().providers.values()].map((provider) =>
          toJson(provider, states.get(provider.name) ?? [], figures),
        )
        return { body: { data } }
      },
    }),
  ]
}

const targetShape = z.object({
  model: z.string(),
  credential: z.string().describe("The key's alias."),
  breaker: z.enum(['closed', 'open', 'half-open']),
  withheld: z
    .enum(['open', 'cooling', 'parked'])
    .optional()
    .describe('Why no request goes there: its breaker, a limit that it told, or a key of no use.'),
  withheld_for_ms: z.int().optional(),
  first_token_ms: z.number().optional().describe('Decayed mean of streamed answers.'),
  tokens_per_second: z.number().optional(),
})

const providerShape = z.object({
  name: z.string(),
  title: z.string(),
  address: z.string(),
  credentials: z.array(z.object({ alias: z.string(), weight: z.number() })),
  targets: z.array(targetShape).describe('Those that were called since the start.'),
})

function toJson(
  { name, spec, baseUrl, credentials }: Provider,
  states: readonly LegState[],
  figures: FigureBook,
): z.output<typeof providerShape> {
  return {
    name,
    title: spec.title,
    address: baseUrl.href,
    credentials: credentials.map(({ alias, weight }) => ({ alias, weight })),
    targets: states.map(({ model, credential, breaker, withheld, withheldForMs }) => {
      const { firstTokenMs, tokensPerSecond } = figures.of(`${name}/${model}`) ?? {}
      return {
        model,
        credential,
        breaker,
        ...(withheld && { withheld, withheld_for_ms: withheldForMs }),
        ...(firstTokenMs !== undefined && { first_token_ms: Math.round(firstTokenMs) }),
        ...(tokensPerSecond !== undefined && { tokens_per_second: Math.round(tokensPerSecond * 10) / 10 }),
      }
    }),
  }
}
