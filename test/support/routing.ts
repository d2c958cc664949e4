/** Providers, routes and requests for tests of routing, without a configuration behind them. */

import type { Clock } from '../../src/core/clock.ts'
import type { ModelInfo } from '../../src/models/model.ts'
import { createProvider, type CredentialSettings, type Provider } from '../../src/providers/provider.ts'
import { providerTable } from '../../src/providers/table.ts'
import { defaultBreaker } from '../../src/routing/breaker.ts'
import { createCandidate } from '../../src/routing/candidate.ts'
import { createFigureBook } from '../../src/routing/figures.ts'
import { hashText } from '../../src/routing/hash.ts'
import { createHealth } from '../../src/routing/health.ts'
import type { PlanParts } from '../../src/routing/plan.ts'
import {
  type AttemptPolicy,
  type Candidate,
  isRoute,
  type Route,
  type RouteEntry,
} from '../../src/routing/route.ts'
import { type Caller, type Channel, RequestTraits } from '../../src/routing/traits.ts'
import { type ContentTraits, unknownContent } from '../../src/upstream/operation.ts'

/** A clock that stands still until it is moved. */
export interface HandClock extends Clock {
  advance(ms: number): void
}

export function handClock(startMs = 1_000_000): HandClock {
  let nowMs = startMs
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs,
    advance(ms) {
      nowMs += ms
    },
  }
}

export function fakeProvider(name: string, credentials: readonly CredentialSettings[] = []): Provider {
  return createProvider(name, providerTable['openai-compatible'], {
    baseUrl: 'https://provider.example/v1',
    credentials,
  })
}

/** `provider/model` as a candidate. */
export function fakeCandidate(name: string, info: Partial<ModelInfo> = {}, region?: string): Candidate {
  const [provider = '', model = ''] = name.split('/')
  return createCandidate(fakeProvider(provider), model, {
    info: { provider, id: model, capabilities: {}, ...info },
    ...(region !== undefined && { region }),
  })!
}

export function fakeEntry(to: Candidate | Route, rest: Partial<RouteEntry> = {}): RouteEntry {
  return { name: to.name, to, weight: 1, labels: [], hash: hashText(to.name), ...rest }
}

export const fakePolicy: AttemptPolicy = {
  maxAttempts: 3,
  breaker: defaultBreaker,
  failoverOn: new Set(),
  continuesBroken: false,
}

export function fakeRoute(
  strategy: Route['strategy'],
  entries: readonly (RouteEntry | Candidate)[],
  rest: Partial<Route> = {},
): Route {
  return {
    name: 'route',
    strategy,
    entries: entries.map((entry) => ('legs' in entry ? fakeEntry(entry) : entry)),
    rules: [],
    hasExamples: false,
    policy: fakePolicy,
    hash: hashText('route'),
    ...rest,
  }
}

export function fakeTraits(
  content: Partial<ContentTraits> = {},
  caller: Partial<Caller> = {},
  channel: Partial<Channel> = {},
): RequestTraits {
  return new RequestTraits(
    { dialect: 'openai-chat', operation: 'generate', stream: false, ...channel },
    { keyName: 'key', tags: [], header: () => undefined, ...caller },
    () => ({ ...unknownContent, ...content }),
  )
}

/** Parts of a plan at the clock's present. */
export function fakeParts(clock: Clock, random: () => number): PlanParts {
  return {
    health: createHealth({ clock, random, onChange: () => {} }),
    figures: createFigureBook(clock),
    random,
    nowMs: clock.monotonicMs(),
    atMs: clock.nowMs(),
  }
}

/** All targets within a route, nested ones included. */
export function targetsWithin(route: Route): Candidate[] {
  return route.entries.flatMap(({ to }) => (isRoute(to) ? targetsWithin(to) : [to]))
}
