/** How often, where and when a failed request is tried again: over scripted targets, without a network. */

import assert from 'node:assert/strict'
import { test, type TestContext } from 'node:test'
import { fakeCandidate, fakePolicy, fakeProvider, handClock } from '../../test/support/routing.ts'
import { type ErrorCode, type ErrorDetail, GatewayError } from '../core/error.ts'
import { Interrupt } from '../core/interrupt.ts'
import { type AttemptContext, type AttemptResult, type Call, noAccount } from '../upstream/operation.ts'
import type { Outlet } from '../upstream/outlet.ts'
import { attemptPlan } from './attempt.ts'
import type { Attempt, AttemptParts, Run } from './make-attempt.ts'
import { createCandidate } from './candidate.ts'
import { createFigureBook } from './figures.ts'
import { createHealth } from './health.ts'
import { createHedgeBudget } from './hedge.ts'
import type { Verdict } from './port.ts'
import { createRetryBudget } from './retry-budget.ts'
import type { AttemptPolicy, Candidate } from './route.ts'

type Script = (context: AttemptContext) => Promise<AttemptResult> | AttemptResult

const answer = (more: Partial<AttemptResult> = {}): AttemptResult => ({
  phase: 'answered',
  isCommitted: false,
  dropped: [],
  body: '{}',
  ...more,
})

const failure =
  (code: ErrorCode, detail: ErrorDetail = {}, more: Partial<AttemptResult> = {}): Script =>
  () => ({
    phase: 'answered',
    isCommitted: false,
    dropped: [],
    error: new GatewayError(code, code, detail),
    ...more,
  })

interface Setting {
  readonly candidates: readonly Candidate[]
  /** By `provider/model alias`, one script for each call; the last one stays. */
  readonly scripts: Readonly<Record<string, readonly Script[]>>
  readonly policy?: Partial<AttemptPolicy>
  readonly stream?: boolean
  readonly deadlineMs?: number
  readonly parts?: Partial<AttemptParts>
}

class Seen implements Outlet {
  readonly isGone = false
  readonly written: string[] = []
  begin(status: number): void {
    this.written.push(`begin ${status}`)
  }
  write(chunk: string | Buffer): boolean {
    this.written.push(String(chunk))
    return true
  }
  end(): void {
    this.written.push('end')
  }
  send(): void {}
  destroy(): void {}
  onDrain(): void {}
}

function runWith({ candidates, scripts, policy, stream = false, deadlineMs, parts }: Setting) {
  const clock = handClock()
  const calls: string[] = []
  const call: Call = {
    model: 'route',
    stream,
    async attempt({ provider, model, credential }, context) {
      const name = `${provider.name}/${model}`
      const key = `${name} ${credential.alias}`
      const list = scripts[key] ?? scripts[name]!
      const script = list[Math.min(calls.filter((each) => each === key).length, list.length - 1)]!
      calls.push(key)
      return script(context)
    },
  }
  const outlet = new Seen()
  const ended: Attempt[] = []
  const run: Run = {
    plan: {
      choices: candidates.map((candidate) => ({ candidate, isForced: false })),
      policy: { ...fakePolicy, ...policy },
      sessionHash: undefined,
    },
    call,
    priority: 'default',
    expectedTokens: () => 1,
    context: { clock, outlet, interrupt: new Interrupt() } as unknown as AttemptContext,
    openAttempt: () => noAccount,
    onStart: () => {},
    onEnd: (attempt) => ended.push(attempt),
    ...(deadlineMs !== undefined && { deadlineMs: clock.monotonicMs() + deadlineMs }),
  }
  const shared: AttemptParts = {
    health: createHealth({ clock, random: () => 0.5, onChange: () => {} }),
    figures: createFigureBook(clock),
    budget: createRetryBudget(clock),
    hedges: createHedgeBudget(),
    limiter: { acquire: () => () => {} },
    random: () => 0.5,
    ...parts,
  }
  return { run, calls, ended, outlet, result: () => attemptPlan(run, shared), shared, clock }
}

const a = fakeCandidate('a/m')
const b = fakeCandidate('b/m')
const keyed = createCandidate(fakeProvider('k', [{ alias: 'one' }, { alias: 'two' }]), 'm')!

/** Lets waits pass as soon as they begin, and tells how long they were. */
function watchWaits(t: TestContext): number[] {
  const waits: number[] = []
  t.mock.method(globalThis, 'setTimeout', (run: () => void, ms: number) => {
    waits.push(ms)
    queueMicrotask(run)
    return 0
  })
  return waits
}

test('a failure moves on at once where the provider changes, and waits where it does not', async (t) => {
  const waits = watchWaits(t)
  const other = fakeCandidate('a/n')
  const moved = runWith({
    candidates: [a, b],
    scripts: { 'a/m': [failure('upstream_overloaded')], 'b/m': [() => answer()] },
  })
  assert.equal((await moved.result()).error, undefined)
  assert.deepEqual(waits, [])
  const stayed = runWith({
    candidates: [a, other],
    scripts: { 'a/m': [failure('upstream_overloaded')], 'a/n': [() => answer()] },
  })
  assert.equal((await stayed.result()).error, undefined)
  assert.deepEqual(waits, [125]) // a half of 250 ms
})

test('what a provider asks to wait is waited at least; beyond a minute its other models are left alone', async (t) => {
  const waits = watchWaits(t)
  const other = fakeCandidate('a/n')
  for (const [retryAfterMs, calls] of [
    [30_000, ['a/m key-1', 'a/n key-1']],
    [61_000, ['a/m key-1', 'b/m key-1']],
  ] as const) {
    const tried = runWith({
      candidates: [a, other, b],
      scripts: {
        'a/m': [failure('upstream_overloaded', { retryAfterMs })],
        'a/n': [() => answer()],
        'b/m': [() => answer()],
      },
    })
    await tried.result()
    assert.deepEqual(tried.calls, calls)
  }
  assert.deepEqual(waits, [30_000])
})

test('a limit of one key is met by the next key, then by the next provider', async () => {
  const tried = runWith({
    candidates: [keyed, b],
    scripts: { 'k/m': [failure('upstream_rate_limit', { retryAfterMs: 9_000 })], 'b/m': [() => answer()] },
  })
  assert.equal((await tried.result()).error, undefined)
  assert.deepEqual(tried.calls.slice(0, 2).toSorted(), ['k/m one', 'k/m two'])
  assert.deepEqual(tried.calls.slice(2), ['b/m key-1'])
})

test('where all are limited, the client may come back when the first of them is', async () => {
  const tried = runWith({
    candidates: [a, b],
    scripts: {
      'a/m': [failure('upstream_rate_limit', { retryAfterMs: 2_000 })],
      'b/m': [failure('upstream_rate_limit', { retryAfterMs: 50_000 })],
    },
  })
  const { error } = await tried.result()
  assert.deepEqual([error?.code, error?.retryAfterMs], ['upstream_rate_limit', 2_000])
})

test('the same target once more only where nothing reached it and nothing else is left', async (t) => {
  watchWaits(t)
  const unsent = failure('upstream_unreachable', {}, { phase: 'unsent' })
  const alone = runWith({ candidates: [a], scripts: { 'a/m': [unsent] } })
  await alone.result()
  assert.deepEqual(alone.calls, ['a/m key-1', 'a/m key-1'])
  const two = runWith({ candidates: [a, b], scripts: { 'a/m': [unsent], 'b/m': [() => answer()] } })
  await two.result()
  assert.deepEqual(two.calls, ['a/m key-1', 'b/m key-1'])
  const stale = Object.assign(new Error('other side closed'), {
    code: 'UND_ERR_SOCKET',
    socket: { bytesRead: 9 },
  })
  const lost = failure('upstream_unreachable', { cause: stale }, { phase: 'unsent' })
  const fresh = runWith({ candidates: [a, b], scripts: { 'a/m': [lost, () => answer()] } })
  await fresh.result()
  assert.deepEqual(fresh.calls, ['a/m key-1', 'a/m key-1'])
  const tls = Object.assign(new Error('expired'), { code: 'CERT_HAS_EXPIRED' })
  const expired = failure('upstream_unreachable', { cause: tls }, { phase: 'unsent' })
  const hopeless = runWith({ candidates: [a], scripts: { 'a/m': [expired] } })
  await hopeless.result()
  assert.deepEqual(hopeless.calls, ['a/m key-1'])
})

test('without a budget, without time, or after the first byte, a failure stands', async () => {
  const scripts = { 'a/m': [failure('upstream_error')], 'b/m': [() => answer()] }
  const spent = createRetryBudget(handClock())
  while (spent.spend('a'));
  const settings: Partial<Setting>[] = [
    { parts: { budget: spent } },
    { deadlineMs: 900 },
    { scripts: { ...scripts, 'a/m': [failure('upstream_truncated', {}, { isCommitted: true })] } },
    { scripts: { ...scripts, 'a/m': [failure('upstream_rejected', { upstream: { status: 400 } })] } },
    { policy: { maxAttempts: 1 } },
  ]
  for (const setting of settings) {
    const tried = runWith({ candidates: [a, b], scripts, ...setting })
    assert.ok((await tried.result()).error, JSON.stringify(setting))
    assert.deepEqual(tried.calls, ['a/m key-1'])
  }
})

test('refusals move on only where the route says so; the refusal is better than a later error', async () => {
  const refused = answer({ finish: 'refusal', body: 'no' })
  const scripts = { 'a/m': [() => refused], 'b/m': [failure('upstream_error')] }
  const plain = runWith({ candidates: [a, b], scripts })
  assert.equal((await plain.result()).body, 'no')
  assert.deepEqual(plain.calls, ['a/m key-1'])
  const policy = { failoverOn: new Set(['refusal', 'context_length_exceeded']) }
  const told = runWith({ candidates: [a, b], scripts, policy })
  assert.equal((await told.result()).body, 'no')
  assert.deepEqual(told.calls, ['a/m key-1', 'b/m key-1'])
  const long = failure('context_length_exceeded', { upstream: { status: 400 } })
  const larger = runWith({
    candidates: [a, b],
    scripts: { 'a/m': [long], 'b/m': [() => answer({ body: 'yes' })] },
    policy,
  })
  assert.equal((await larger.result()).body, 'yes')
})

test('an answer that is judged wanting is asked for again, outside of attempts, budget and health', async () => {
  const breach = { kind: 'invalid', faults: ['/: must be object'], text: '1' } as const
  const wanting: Script = () => ({
    ...answer(),
    error: new GatewayError('contract_unsatisfied', 'It does not satisfy.', { contract: breach }),
    contract: { mode: 'native', found: 'invalid', mends: [], breach },
  })
  const judged: Verdict[] = ['re-ask', 're-ask', 'next', 're-ask', 'next']
  const { run, calls, ended, shared } = runWith({
    candidates: [a, b],
    scripts: { 'a/m': [wanting], 'b/m': [wanting, () => answer()] },
    policy: { maxAttempts: 2 },
    // Nothing may be retried: a model that errs is no outage.
    parts: { budget: { deposit: () => {}, spend: () => undefined } },
  })
  const result = await attemptPlan(
    { ...run, judgeAnswer: ({ error }) => (error ? judged.shift()! : 'accept') },
    shared,
  )
  assert.equal(result.error, undefined)
  assert.deepEqual(calls, ['a/m key-1', 'a/m key-1', 'a/m key-1', 'b/m key-1', 'b/m key-1'])
  assert.equal(ended.length, 5, 'each is an attempt of its own')
  for (const { legs } of [a, b]) assert.equal(shared.health.withheld(legs[0]!, 0), undefined)
})

test('a verdict of stop ends the course, and one of next obeys the number of attempts', async () => {
  const wanting: Script = () => ({
    ...answer(),
    error: new GatewayError('contract_unsatisfied', 'It does not satisfy.'),
  })
  for (const [verdict, maxAttempts] of [
    ['stop', 3],
    ['next', 1],
  ] as const) {
    const { run, calls, shared } = runWith({
      candidates: [a, b],
      scripts: { 'a/m': [wanting], 'b/m': [wanting] },
      policy: { maxAttempts },
    })
    const result = await attemptPlan({ ...run, judgeAnswer: () => verdict }, shared)
    assert.equal(result.error?.code, 'contract_unsatisfied')
    assert.equal(calls.length, 1, verdict)
  }
})

test('an estimate of the gateway’s own says nothing of the target: its breaker stays as it was', async () => {
  const tried = runWith({
    candidates: [a],
    scripts: { 'a/m': [() => answer({ phase: 'unsent', isEstimate: true })] },
  })
  const [leg] = a.legs
  const overloaded = new GatewayError('upstream_overloaded', 'down')
  const breakers = () => tried.shared.health.list().map(({ breaker }) => breaker)
  for (let n = 0; n < 4; n++) tried.shared.health.record(leg!, overloaded, fakePolicy.breaker)
  await tried.result()
  assert.deepEqual(breakers(), ['closed'])
  tried.shared.health.record(leg!, overloaded, fakePolicy.breaker)
  assert.deepEqual(breakers(), ['open'])
})

// -- hedging

const hedge = { afterMs: 50, maxShare: 0.5 }

/** Streams like a provider: begins, writes and ends at its outlet, unless it is interrupted before. */
function streams(text: string, begins: Promise<void>): Script {
  return ({ outlet, interrupt }) =>
    new Promise((resolve) => {
      interrupt.on((error) => resolve(answer({ error, phase: 'sent' })))
      void begins.then(() => {
        outlet.begin(200, {})
        if (outlet.isGone) return
        outlet.write(text)
        outlet.end()
        resolve(answer({ isCommitted: true }))
      })
    })
}

const never = new Promise<void>(() => {})

/** Two requests on the route: so many are needed before one of them may be hedged. */
function hedged(scripts: Setting['scripts'], stream: boolean) {
  const tried = runWith({ candidates: [a, b], scripts, stream, policy: { hedge } })
  tried.shared.hedges.deposit(hedge)
  return tried
}

test('the second of two streams may win; the client sees it alone, and the first is cancelled', async () => {
  const tried = hedged(
    { 'a/m': [streams('from a', never)], 'b/m': [streams('from b', Promise.resolve())] },
    true,
  )
  const decided = await tried.result()
  assert.equal(decided.target.provider.name, 'b')
  assert.deepEqual(tried.outlet.written, ['begin 200', 'from b', 'end'])
  assert.deepEqual(
    tried.ended.map(({ target, error }) => [target.provider.name, error?.code]),
    [
      ['a', 'superseded'],
      ['b', undefined],
    ],
  )
})

test('a first one that begins in time is not joined; one that begins later still wins over a slower second', async () => {
  const prompt = hedged({ 'a/m': [streams('from a', Promise.resolve())] }, true)
  assert.equal((await prompt.result()).target.provider.name, 'a')
  assert.deepEqual(prompt.calls, ['a/m key-1'])
  const joined = Promise.withResolvers<void>()
  const second: Script = (context) => {
    joined.resolve()
    return streams('from b', never)(context)
  }
  const late = hedged({ 'a/m': [streams('from a', joined.promise)], 'b/m': [second] }, true)
  assert.equal((await late.result()).target.provider.name, 'a')
  assert.deepEqual(late.outlet.written, ['begin 200', 'from a', 'end'])
})

test('whole answers: the one that fails leaves the field to the other', async () => {
  const joined = Promise.withResolvers<void>()
  const first: Script = async () => {
    await joined.promise
    return failure('upstream_error')({} as AttemptContext)
  }
  const second: Script = () => {
    joined.resolve()
    return answer({ body: 'from b' })
  }
  const tried = hedged({ 'a/m': [first], 'b/m': [second] }, false)
  assert.equal((await tried.result()).body, 'from b')
  assert.equal(tried.ended.length, 2)
})

test('no more requests are hedged than the route allows', async () => {
  const hedges = createHedgeBudget()
  let spent = 0
  for (let n = 0; n < 1000; n++) {
    hedges.deposit({ maxShare: 0.02 })
    if (hedges.spend()) spent++
  }
  assert.ok(spent > 0 && spent <= 20, String(spent))
})

const empty =
  (more: Partial<AttemptResult> = {}): Script =>
  () =>
    answer({ isEmpty: true, ...more })

test('an empty answer is tried again once, at another target where there is one', async () => {
  const full = () => answer({ body: 'full' })
  for (const [candidates, calls] of [
    [[a, b], 2],
    [[a], 2],
  ] as const) {
    const bench = runWith({ candidates, scripts: { 'a/m': [empty(), full], 'b/m': [full] } })
    assert.equal((await bench.result()).body, 'full')
    assert.equal(bench.calls.length, calls)
    assert.equal(new Set(bench.calls).size, candidates.length)
  }
})

test('what is empty twice is the answer, and so is what no other target can better', async () => {
  const third = fakeCandidate('c/m')
  const twice = runWith({
    candidates: [a, b, third],
    scripts: { 'a/m': [empty()], 'b/m': [empty({ body: 'second' })] },
  })
  assert.equal((await twice.result()).body, 'second')
  assert.equal(twice.calls.length, 2)
  const released: string[] = []
  const held = { suspended: { release: () => void released.push('first') } }
  const broken = runWith({
    candidates: [a, b],
    scripts: { 'a/m': [empty(held)], 'b/m': [failure('upstream_overloaded')] },
  })
  assert.equal((await broken.result()).error, undefined)
  assert.deepEqual(released, ['first'])
})
