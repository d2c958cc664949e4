/** Which lines of a batch may go to a batch of a provider's, and what they send there. */

import type { Principal } from '../access/principal.ts'
import type { Batch } from '../batch/batch.ts'
import type { JobTarget, PreparedLine } from '../batch/native/port.ts'
import type { RequestLine } from '../batch/request-line.ts'
import { GatewayError } from '../core/error.ts'
import type { NanoUsd } from '../core/money.ts'
import { authorise } from '../gateway/admission.ts'
import { refuseLongNames } from '../gateway/names.ts'
import { withMarkup } from '../ledger/allowance.ts'
import { reservation, tokenBounds } from '../ledger/bounds.ts'
import type { Target } from '../providers/provider.ts'
import { findDestination } from '../routing/plan.ts'
import { type Candidate, isRoute, type Route } from '../routing/route.ts'
import type { BatchApi } from '../upstream/batch-api/batch-api.ts'
import { requestOf } from '../upstream/batch-api/line-call.ts'
import { batchApis } from '../upstream/batch-api/registry.ts'
import { type Call, noAccount } from '../upstream/operation.ts'
import { contextOf, type NativeLineParts, openCall, openContract, withRoute } from './native-call.ts'

/** What a line may say in headers that a provider's batch keeps to, or that is for the books alone. */
const keptHeaders: ReadonlySet<string> = new Set(['x-weir-user', 'x-weir-session', 'x-weir-tags'])

/** Undefined where it is for the queue: also where something is wrong with it, which the queue will tell. */
export async function prepareLine(
  batch: Batch,
  request: RequestLine,
  parts: NativeLineParts,
): Promise<PreparedLine | undefined> {
  try {
    return await prepare(batch, request, parts)
  } catch (error) {
    if (error instanceof GatewayError) return undefined
    throw error
  }
}

async function prepare(
  batch: Batch,
  request: RequestLine,
  parts: NativeLineParts,
): Promise<PreparedLine | undefined> {
  const principal = parts.snapshot().keyring.principalOf(batch.keyId)
  if (!principal || !mayGo(principal, request)) return undefined
  const asked = await openCall(request)
  refuseLongNames(asked)
  const way = wayOf(asked, parts)
  if (!way) return undefined
  const { destination, target, api } = way
  authorise({ principal, call: asked, destination, snapshot: parts.snapshot() })
  const call = withRoute(asked, destination, parts.clock.nowMs())
  const price = await priceOf(call, target, parts)
  if (!price) return undefined
  const { markupBasisPoints = 0 } = principal.team ?? {}
  const mostNanoUsd = withMarkup(price.mostNanoUsd, markupBasisPoints)
  if (mostNanoUsd > (principal.maxNanoUsdPerRequest ?? Infinity)) return undefined
  const contract = await openContract(call, destination, parts)
  const account = { ...noAccount, maxOutputTokens: price.maxOutputTokens }
  const sent = await requestOf(call, target, contextOf('', contract, account, parts))
  const endpoint = sent && api.endpointOf(sent.path)
  if (endpoint === undefined) return undefined
  return { target: jobTarget(target, endpoint), body: sent!.body, mostNanoUsd, markupBasisPoints }
}

/** Where data must stay, and what else cannot be promised of a batch, is for the queue. */
function mayGo({ dataRegion }: Principal, { headers = {} }: RequestLine): boolean {
  return dataRegion === undefined && Object.keys(headers).every((name) => keptHeaders.has(name))
}

interface Way {
  readonly destination: Route | Candidate
  readonly target: Target
  readonly api: BatchApi
}

/** Undefined where the provider has no batches, or something of the gateway's own stands between. */
function wayOf(call: Call, { snapshot, guardrails }: NativeLineParts): Way | undefined {
  const destination = findDestination(call.model, snapshot().table)
  const candidate = isRoute(destination) ? onlyTarget(destination) : destination
  const target = candidate?.legs[0]?.target
  const kind = target?.provider.spec.batchApi
  if (!target || !kind || call.stream || call.memory || guardrails.of?.(destination.name)) return undefined
  return { destination, target, api: batchApis[kind] }
}

interface BatchPrice {
  /** At the price of batches. */
  readonly mostNanoUsd: NanoUsd
  /** What the request leaves open, and nothing is known to bound: it must be told. */
  readonly maxOutputTokens: number | undefined
}

/** Undefined where it is not known, or the request names a tier of its own. */
async function priceOf(
  call: Call,
  { provider, model }: Target,
  { lookUp, clock }: NativeLineParts,
): Promise<BatchPrice | undefined> {
  const bounds = call.bounds?.()
  if (!bounds || bounds.serviceTier !== undefined) return undefined
  const info = (await lookUp())(provider.name, model)
  const tokens = tokenBounds(bounds, info)
  const context = { atMs: clock.nowMs(), serviceTier: undefined, isBatch: true }
  const mostNanoUsd = reservation(info, tokens, context)
  if (mostNanoUsd === undefined) return undefined
  const isOpen = bounds.maxOutputTokens === undefined && info?.maxOutputTokens === undefined
  const maxOutputTokens = isOpen && tokens.output > 0 ? tokens.output / (bounds.choices ?? 1) : undefined
  return { mostNanoUsd, maxOutputTokens }
}

function jobTarget({ provider, model, credential }: Target, endpoint: string): JobTarget {
  return { provider: provider.name, model, credential: credential.alias, endpoint }
}

/** Of a route that would send every request to the same one first, whatever it is. */
function onlyTarget({ strategy, entries, canary, experiment }: Route): Candidate | undefined {
  const [first] = entries
  if (strategy !== 'ordered' || canary || experiment || !first) return undefined
  if (first.condition || first.labels.length > 0 || isRoute(first.to)) return undefined
  return first.to.sensitive ? undefined : first.to
}
