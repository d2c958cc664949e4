/** The call that a line makes in a provider's batch: the one that it would make by the queue, looked at and not sent. */

import type { RequestLine } from '../batch/request-line.ts'
import type { Clock } from '../core/clock.ts'
import { Interrupt } from '../core/interrupt.ts'
import type { NanoUsd } from '../core/money.ts'
import type { Snapshot } from '../gateway/parts.ts'
import type { GuardOf } from '../guardrails/compile.ts'
import { type DataRoute, findDataRoute } from '../http/routes.ts'
import type { Ledger } from '../ledger/ledger.ts'
import type { LedgerStore } from '../ledger/port.ts'
import { structuredAbility } from '../providers/structured-ability.ts'
import type { RequestRecord } from '../records/record.ts'
import { withDefaults } from '../routing/revision.ts'
import { type Candidate, isRoute, type Route } from '../routing/route.ts'
import type { LookUpModel } from '../routing/route-compiler.ts'
import type { Contract } from '../structured/contract.ts'
import type { Contracts } from '../structured/contracts.ts'
import type { TokenCounter } from '../tokens/counter.ts'
import type { AttemptContext, Call } from '../upstream/operation.ts'
import type { Outlet } from '../upstream/outlet.ts'
import { openRoute } from './inner-calls.ts'

export interface NativeLineParts {
  readonly snapshot: () => Snapshot
  readonly lookUp: () => Promise<LookUpModel>
  readonly guardrails: { readonly of: GuardOf | undefined }
  readonly contracts: Contracts
  readonly ledger: Ledger
  readonly ledgerStore: Pick<LedgerStore, 'hasLine'>
  readonly chargedFor: (requestId: string) => NanoUsd
  readonly tokens: TokenCounter
  readonly clock: Clock
  onRecord(record: RequestRecord): void
}

export function dataRouteOf({ url }: RequestLine): DataRoute {
  return findDataRoute(url, undefined)! // its line was validated
}

export function openCall(request: RequestLine): Promise<Call> {
  return openRoute(dataRouteOf(request), { body: request.body, headers: request.headers ?? {} })
}

export function withRoute(call: Call, destination: Route | Candidate | undefined, nowMs: number): Call {
  const defaults = destination && isRoute(destination) ? destination.defaults : undefined
  if (!defaults || !call.rewritten) return call
  return call.rewritten((request) => withDefaults(request, defaults, nowMs))
}

export async function openContract(
  call: Call,
  destination: Route | Candidate | undefined,
  { contracts }: NativeLineParts,
): Promise<Contract | undefined> {
  if (!call.generation) return undefined
  const settings =
    destination && isRoute(destination) ? (destination.settingsName ?? destination.name) : undefined
  return contracts.open({ ...call.generation, isStrict: false, movesOnRefusal: false }, settings)
}

export function contextOf(
  requestId: string,
  contract: Contract | undefined,
  account: AttemptContext['account'],
  { clock, tokens }: NativeLineParts,
): Omit<AttemptContext, 'sender'> {
  return {
    clock,
    tokens,
    requestId,
    account,
    isStrict: false,
    outlet: noOutlet,
    interrupt: new Interrupt(),
    streamHeaders: () => ({}),
    ...(contract && { contractFor: (target) => contract.attempt(structuredAbility(target)) }),
  }
}

/** Nothing is told to anybody while the attempt is made. */
const noOutlet: Outlet = {
  isGone: false,
  begin: () => undefined,
  write: () => true,
  end: () => undefined,
  send: () => undefined,
  destroy: () => undefined,
  onDrain: () => undefined,
}
