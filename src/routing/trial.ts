/** One small call to a provider, to see whether it answers: with which model, and what is told of it. */

import { z } from 'zod'
import type { AskModel } from '../core/ask.ts'
import { GatewayError } from '../core/error.ts'
import { formatUsd } from '../core/money.ts'
import type { ModelInfo } from '../models/model.ts'
import type { Provider } from '../providers/provider.ts'
import type { Health } from './health.ts'
import type { RoutingTable } from './plan.ts'
import { compilePrice } from './token-price.ts'

export interface TrialParts {
  readonly ask: AskModel
  readonly table: () => RoutingTable
  readonly health: Pick<Health, 'list'>
  /** What the catalogue knows of a provider. */
  readonly modelsOf: (provider: string) => Promise<readonly ModelInfo[]>
  readonly nowMs: () => number
}

export const trialShape = z.object({
  ok: z.boolean(),
  model: z.string().describe('Which model was asked.'),
  answer: z.string().optional().describe('Its first 200 characters.'),
  error: z.object({ code: z.string(), message: z.string() }).optional(),
  duration_ms: z.number(),
  cost_usd: z.string().optional(),
  request_id: z.string(),
})

/** `model` is the provider's own name. Rejects with `invalid_request` where no model is known, `conflict` where it is off. */
export type TryProvider = (provider: Provider, model?: string) => Promise<z.output<typeof trialShape>>

const question = 'Answer with one word: are you there?'
/** Of models that think before they answer, some take no fewer. */
const maxOutputTokens = 16
const timeoutMs = 30_000
const maxAnswerLength = 200

export function createTryProvider(parts: TrialParts): TryProvider {
  return async (provider, wanted) => {
    if (provider.isOff) throw new GatewayError('conflict', 'It is disabled: enable it first.')
    const model = wanted ?? (await modelFor(provider, parts))
    if (model === undefined) {
      const message = 'No model of it is known that writes text: name one.'
      throw new GatewayError('invalid_request', message, { param: 'model' })
    }
    const asked = await parts.ask({
      request: {
        model: `${provider.name}/${model}`,
        stream: false,
        maxOutputTokens,
        turns: [{ role: 'user', parts: [{ type: 'text', text: question }] }],
      },
      tags: ['provider-test'],
      timeoutMs,
      cache: 'off',
    })
    const { answer, error, durationMs, chargedNanoUsd, requestId } = asked
    const said = answer?.blocks.flatMap(({ kind, text }) => (kind === 'text' ? [text] : [])).join('')
    return {
      ok: error === undefined,
      model,
      ...(said !== undefined && { answer: said.slice(0, maxAnswerLength) }),
      ...(error && { error: { code: error.code, message: error.message } }),
      duration_ms: Math.round(durationMs),
      ...(chargedNanoUsd !== undefined && { cost_usd: formatUsd(chargedNanoUsd) }),
      request_id: requestId,
    }
  }
}

/** One that was called, or that a route or the configuration names; else the cheapest that writes text. */
async function modelFor(
  { name, models }: Provider,
  { table, health, modelsOf, nowMs }: TrialParts,
): Promise<string | undefined> {
  const called = health.list().filter(({ provider, withheld }) => provider === name && !withheld)
  const prefix = `${name}/`
  const ofRoutes = [...table().targets].filter((target) => target.startsWith(prefix))
  const inUse = ofRoutes[0]?.slice(prefix.length) ?? called[0]?.model ?? models[0]
  if (inUse !== undefined) return inUse
  const priced = (await modelsOf(name)).flatMap(({ id, price, outputModalities, retiresAtMs = Infinity }) => {
    const writes = outputModalities?.includes('text') === true && retiresAtMs > nowMs()
    const rates = writes && price ? compilePrice(price)(1, nowMs()) : undefined
    return rates ? [{ id, cost: rates.input + rates.output }] : []
  })
  return priced.toSorted((a, b) => a.cost - b.cost)[0]?.id
}
