/** The administration routes of providers: what they are, how they are, whether they answer, and whether requests go there. */

import { z } from 'zod'
import { type AdminCall, type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import type { Provider } from '../providers/provider.ts'
import type { Switches } from '../rollout/switches.ts'
import type { FigureBook } from './figures.ts'
import type { Health, LegState } from './health.ts'
import { routesNeeding } from './needs.ts'
import type { RoutingTable } from './plan.ts'
import { trialShape, type TryProvider } from './trial.ts'

export interface ProviderRouteParts {
  readonly table: () => RoutingTable
  readonly health: Health
  readonly figures: FigureBook
  readonly switches: Pick<Switches, 'of' | 'turnOff' | 'turnOn'>
  readonly tryProvider: TryProvider
}

/** `/providers` and what is below it. */
export function providerRoutes(parts: ProviderRouteParts): readonly AdminRoute[] {
  const { table, health, switches, tryProvider } = parts
  const named = ({ params }: Pick<AdminCall, 'params'>): Provider => {
    const provider = table().providers.get(params['name'] ?? '')
    if (provider) return provider
    throw new GatewayError('not_found', 'No provider is configured under this name.')
  }
  const view = (name: string) => toJson(table().providers.get(name)!, health.list(), parts)
  const audited = (action: string) => ({
    action,
    object: ({ params: { name = '' } }: Pick<AdminCall, 'params'>) => `provider:${name}`,
  })
  return [
    adminRoute({
      method: 'GET',
      path: '/providers',
      isOfInstance: true,
      policy: 'traffic:read',
      summary: 'The configured providers with the health of their targets.',
      response: z.object({ data: z.array(providerShape) }),
      run() {
        const states = health.list()
        return {
          body: { data: [...table().providers.values()].map((provider) => toJson(provider, states, parts)) },
        }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/providers/{name}/test',
      isOfInstance: true,
      policy: 'operations:write',
      audit: audited('provider.test'),
      summary:
        'Makes one small call to a provider, and says what came of it. It is charged to the gateway itself.',
      body: z.strictObject({
        model: z.string().min(1).max(200).optional().describe('Absent: one that is in use, or the cheapest.'),
      }),
      response: trialShape,
      run: async (call) => ({ body: await tryProvider(named(call), call.body.model) }),
    }),
    adminRoute({
      method: 'POST',
      path: '/providers/{name}/disable',
      isOfInstance: true,
      policy: 'operations:write',
      audit: audited('provider.disable'),
      summary:
        'No new request goes there, on every instance within a few seconds, until it is enabled again.',
      response: providerShape,
      async run(call) {
        const { name } = named(call)
        await switches.turnOff(name, call.actor)
        return { body: view(name) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/providers/{name}/enable',
      isOfInstance: true,
      policy: 'operations:write',
      audit: audited('provider.enable'),
      summary: 'Requests go there again.',
      response: providerShape,
      async run(call) {
        const { name } = named(call)
        await switches.turnOn(name)
        return { body: view(name) }
      },
    }),
  ]
}

const targetShape = z.object({
  model: z.string(),
  credential: z.string().describe("The key's alias."),
  breaker: z.enum(['closed', 'open', 'half-open']),
  breaker_changes: z
    .array(z.object({ at: z.iso.datetime(), to: z.enum(['open', 'closed']) }))
    .describe('Since the start, the first first; the last 40.'),
  rate_limits: z.int().describe('How often it said that a limit was reached, since the start.'),
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
  disabled: z
    .object({ at: z.iso.datetime(), by: z.string() })
    .optional()
    .describe('No request goes there. Absent: it is in use.'),
  only_target_of: z
    .array(z.string())
    .describe('The routes that have no other target: without the provider they answer nothing.'),
  credentials: z.array(z.object({ alias: z.string(), weight: z.number() })),
  targets: z.array(targetShape).describe('Those that were called since the start.'),
})

function toJson(
  provider: Provider,
  states: readonly LegState[],
  { table, figures, switches }: Pick<ProviderRouteParts, 'table' | 'figures' | 'switches'>,
): z.output<typeof providerShape> {
  const { name, spec, baseUrl, credentials } = provider
  const off = switches.of(name)
  return {
    name,
    title: spec.title,
    address: baseUrl.href,
    ...(off && { disabled: { at: new Date(off.atMs).toISOString(), by: off.actor } }),
    only_target_of: routesNeeding(name, table()),
    credentials: credentials.map(({ alias, weight }) => ({ alias, weight })),
    targets: states.filter((state) => state.provider === name).map((state) => toTarget(state, figures)),
  }
}

function toTarget(state: LegState, figures: FigureBook): z.output<typeof targetShape> {
  const { provider, model, credential, breaker, rateLimits, changes, withheld, withheldForMs } = state
  const { firstTokenMs, tokensPerSecond } = figures.of(`${provider}/${model}`) ?? {}
  return {
    model,
    credential,
    breaker,
    breaker_changes: changes.map(({ atMs, to }) => ({ at: new Date(atMs).toISOString(), to })),
    rate_limits: rateLimits,
    ...(withheld && { withheld, withheld_for_ms: withheldForMs }),
    ...(firstTokenMs !== undefined && { first_token_ms: Math.round(firstTokenMs) }),
    ...(tokensPerSecond !== undefined && { tokens_per_second: Math.round(tokensPerSecond * 10) / 10 }),
  }
}
