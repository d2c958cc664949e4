/** What a line of a batch is to the gateway: a request that is refused, priced, placed in a lane, and made. */

import { authoriseModel, authoriseSensitive, type Principal } from '../access/principal.ts'
import { type Batch, type BatchUsage, noUsage } from '../batch/batch.ts'
import type { LinePrice } from '../batch/plan.ts'
import type { RequestLine } from '../batch/request-line.ts'
import type { MakeRequest } from '../batch/try-line.ts'
import type { ValidationRules } from '../batch/validate.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { asString } from '../core/json.ts'
import type { NanoUsd } from '../core/money.ts'
import type { Usage } from '../core/usage.ts'
import type { Gateway, Snapshot } from '../gateway/parts.ts'
import { errorEncoderFor, findDataRoute } from '../http/routes.ts'
import { withMarkup } from '../ledger/allowance.ts'
import { reservation, tokenBounds } from '../ledger/bounds.ts'
import { findDestination } from '../routing/plan.ts'
import { type Candidate, isRoute, type Route } from '../routing/route.ts'
import type { AttemptParts } from '../routing/make-attempt.ts'
import type { LookUpModel } from '../routing/route-compiler.ts'
import { healthInLanes } from './batch-lanes.ts'
import { callRoute, openRoute } from './inner-calls.ts'

export interface BatchLineParts {
  readonly config: () => Config
  readonly gateway: Gateway
  readonly newRequestId: () => string
  readonly snapshot: () => Snapshot
  /** What the catalogue knows, once it is there. */
  readonly lookUp: () => Promise<LookUpModel>
  /** From the ledger: what a request has cost. */
  readonly chargedFor: (requestId: string) => NanoUsd
  readonly routing: Pick<AttemptParts, 'health'>
  readonly clock: Clock
}

/** Every line goes the way of any request: routed, limited, accounted, on the account of the key that made the batch. */
export function createMakeRequest(parts: BatchLineParts): MakeRequest {
  const { gateway, newRequestId, snapshot, chargedFor, routing, clock } = parts
  return async ({ id, keyId, maxNanoUsd }, { url, body, headers: given }, { turn, signal, afford }) => {
    const principal = snapshot().keyring.principalOf(keyId)
    if (!principal) {
      const error = new GatewayError(
        'authentication_failed',
        'The key that made this batch is not valid any more.',
      )
      return {
        answer: { requestId: newRequestId(), status: error.status, body: errorEncoderFor(url)(error) },
        costNanoUsd: 0,
        usage: noUsage,
        error,
      }
    }
    // Its batch's comes first: of more than a request may have, the last ones are left out.
    const tags = tagsHeader(id, given?.['x-weir-tags'])
    const headers = { ...given, 'x-weir-priority': 'batch', 'x-weir-tags': tags }
    const health = healthInLanes(routing.health, turn, clock)
    let affordedNanoUsd = 0
    const call = {
      path: url,
      body,
      headers,
      signal,
      health,
      ...(afford && {
        async afford(nanoUsd: NanoUsd) {
          await afford(nanoUsd)
          affordedNanoUsd = nanoUsd
        },
      }),
    }
    const { served, ...answer } = await callRoute(
      { gateway, newRequestId, principal: boundedBy(principal, maxNanoUsd) },
      call,
    )
    // Where a bound is kept, what is not settled yet counts as the most that it can be.
    const costNanoUsd = afford ? (served.chargedNanoUsd ?? affordedNanoUsd) : chargedFor(answer.requestId)
    return {
      answer,
      costNanoUsd,
      usage: usageOf(served.record?.usage),
      ...(served.error && { error: served.error }),
      ...(served.record && { failures: served.record.attempts.flatMap(({ code }) => code ?? []) }),
      isUntried: served.record?.attempts.length === 0,
    }
  }
}

/** Where a batch may cost only so much, so may each of its calls: what nothing bounds is bounded, or refused. */
function boundedBy(principal: Principal, maxNanoUsd: NanoUsd | undefined): Principal {
  if (maxNanoUsd === undefined) return principal
  const { maxNanoUsdPerRequest = Infinity } = principal
  return { ...principal, maxNanoUsdPerRequest: Math.min(maxNanoUsdPerRequest, maxNanoUsd) }
}

export function usageOf(usage: Usage | undefined): BatchUsage {
  return {
    inputTokens: usage?.inputTokens ?? 0,
    cacheReadTokens: usage?.cacheReadTokens ?? 0,
    outputTokens: usage?.outputTokens ?? 0,
    reasoningTokens: usage?.reasoningTokens ?? 0,
  }
}

export function modelOf({ url, body }: RequestLine): string {
  const inPath = /\/models\/([^:]+):/.exec(url)?.[1]
  return inPath === undefined ? (asString(body['model']) ?? '') : decodeURIComponent(inPath)
}

export function rulesOf(
  { keyId, endpoint }: Pick<Batch, 'keyId' | 'endpoint'>,
  { config, snapshot }: BatchLineParts,
  parse: ValidationRules['parse'],
): ValidationRules {
  const { maxLines, maxLineBytes } = config().batches
  const principal = snapshot().keyring.principalOf(keyId)
  const known = new Map<string, GatewayError | undefined>()
  const refusal = (request: RequestLine): GatewayError | undefined => {
    const model = modelOf(request)
    if (!known.has(model)) known.set(model, refusalOf(model, principal, snapshot()))
    return known.get(model)
  }
  return { endpoint, maxLines, maxLineBytes, parse, refusal }
}

function refusalOf(
  model: string,
  principal: Principal | undefined,
  { table }: Snapshot,
): GatewayError | undefined {
  if (!principal) return new GatewayError('authentication_failed', 'The key is not valid any more.')
  if (model === '') return new GatewayError('invalid_request', '`model` must be a text.', { param: 'model' })
  try {
    const destination = findDestination(model, table)
    if (isRoute(destination)) authoriseModel(principal, [model])
    else {
      authoriseModel(principal, [model, destination.name])
      authoriseSensitive(principal, model, table.sensitiveMarks?.(destination.name))
    }
    return undefined
  } catch (error) {
    if (error instanceof GatewayError) return error
    throw error
  }
}

/** Prompts have about four bytes for each of their tokens, in most languages. */
const bytesPerToken = 4

/**
 * Of one call, with the mark-up of the key's team, over all targets that it may go to: the dearest. Undefined where no
 * price is known, or the request is not valid.
 */
export async function linePrice(
  request: RequestLine,
  keyId: string,
  { snapshot, lookUp, clock }: BatchLineParts,
): Promise<LinePrice | undefined> {
  const route = findDataRoute(request.url, undefined)
  try {
    const call = await openRoute(route!, { body: request.body, headers: {} })
    const bounds = call.bounds?.()
    const find = await lookUp()
    const at = { atMs: clock.nowMs(), serviceTier: bounds?.serviceTier }
    const prices = targetsOf(findDestination(call.model, snapshot().table)).flatMap(({ provider, model }) => {
      const info = find(provider.name, model)
      const tokens = tokenBounds(bounds, info)
      const most = reservation(info, tokens, at)
      const input = Math.ceil((bounds?.inputBytes ?? 0) / bytesPerToken)
      const prompt = reservation(info, { input, output: 0, isInputOpen: false }, at)
      return most === undefined || prompt === undefined ? [] : [{ prompt, most }]
    })
    if (prices.length === 0) return undefined
    const markup = snapshot().keyring.principalOf(keyId)?.team?.markupBasisPoints ?? 0
    return {
      promptNanoUsd: withMarkup(Math.max(...prices.map(({ prompt }) => prompt)), markup),
      mostNanoUsd: withMarkup(Math.max(...prices.map(({ most }) => most)), markup),
    }
  } catch (error) {
    if (error instanceof GatewayError) return undefined
    throw error
  }
}

function targetsOf(destination: Route | Candidate): Candidate['legs'][number]['target'][] {
  if (isRoute(destination)) {
    const arms = destination.experiment?.arms.flatMap(({ route }) => targetsOf(route)) ?? []
    return [...arms, ...destination.entries.flatMap(({ to }) => targetsOf(to))]
  }
  return destination.legs.slice(0, 1).map(({ target }) => target)
}

/** The tags of a line: that of its batch comes first, so that none of its own pushes it out. */
export function tagsHeader(batchId: string, given: string | undefined): string {
  return given === undefined ? `batch:${batchId}` : `batch:${batchId},${given}`
}
