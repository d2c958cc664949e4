/** Names become targets as the contract says, and a plan holds what its route promises. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { seededRandom } from '../../test/support/random.ts'
import {
  fakeCandidate,
  fakeEntry,
  fakeParts,
  fakeRoute,
  fakeTraits,
  handClock,
  targetsWithin,
} from '../../test/support/routing.ts'
import { GatewayError } from '../core/error.ts'
import { createProvider } from '../providers/provider.ts'
import { type ProviderType, providerTable } from '../providers/table.ts'
import { defaultBreaker } from './breaker.ts'
import { cannotCarry } from './carry.ts'
import { compileCondition } from './condition.ts'
import { findDestination, type Plan, planRequest } from './plan.ts'
import { type Candidate, isRoute } from './route.ts'

const provider = (name: string, type: ProviderType, models: readonly string[] = []) =>
  createProvider(name, providerTable[type], { baseUrl: 'https://provider.example/v1', models })

const openai = provider('openai', 'openai')
const claude = provider('claude', 'anthropic')
const local = provider('local', 'openai-compatible', ['llama', 'gpt-oss'])
const assistant = fakeRoute('ordered', [fakeCandidate('claude/a'), fakeCandidate('openai/b')], {
  name: 'assistant',
})
const table = {
  providers: new Map([openai, claude, local].map((each) => [each.name, each])),
  routes: new Map([['assistant', assistant]]),
}

const clock = handClock()
const random = seededRandom('plan')
const parts = () => fakeParts(clock, random)
const names = ({ choices }: Plan) => choices.map(({ candidate }) => candidate.name)
const targets = (model: string) => names(planRequest(findDestination(model, table), fakeTraits(), parts()))

test('a route gives its targets in order', () => {
  assert.deepEqual(targets('assistant'), ['claude/a', 'openai/b'])
})

test('provider/model goes there, known model or not, slashes in the model included', () => {
  assert.deepEqual(targets('openai/some-new-model'), ['openai/some-new-model'])
  assert.deepEqual(targets('local/meta/llama-4'), ['local/meta/llama-4'])
})

test('a bare name goes to the one provider that serves it', () => {
  assert.deepEqual(targets('gpt-5'), ['openai/gpt-5'])
  assert.deepEqual(targets('claude-sonnet-5'), ['claude/claude-sonnet-5'])
  assert.deepEqual(targets('llama'), ['local/llama'])
})

test('an unknown name, an ambiguous name and an empty model are not found, and the mend is told', () => {
  assert.throws(() => targets('nothing'), { code: 'model_not_found' })
  assert.throws(() => targets('gpt-oss'), {
    code: 'model_not_found',
    message: /openai\/gpt-oss.*local\/gpt-oss/,
  })
  assert.throws(() => targets('openai/'), { code: 'model_not_found' })
  assert.throws(() => targets('/x'), { code: 'model_not_found' })
})

test('a model that no key of the provider is for is not found', () => {
  const keyed = createProvider('keyed', providerTable.openai, { credentials: [{ models: ['gpt-5*'] }] })
  const one = { routes: new Map(), providers: new Map([['keyed', keyed]]) }
  assert.throws(() => findDestination('keyed/o3', one), { code: 'model_not_found', message: /No key/ })
  assert.ok(findDestination('keyed/gpt-5.6', one))
})

test('weights hold within statistical bounds, drawn and by session', () => {
  const weights = [1, 3, 0.5, 5.5]
  const route = fakeRoute(
    'weighted',
    weights.map((weight, n) => fakeEntry(fakeCandidate(`p/m${n}`), { weight })),
  )
  const draws = 20_000
  for (const isSession of [false, true]) {
    const counts = new Map<string, number>()
    for (let n = 0; n < draws; n++) {
      const caller = isSession ? { session: `session ${n}` } : {}
      const [first = ''] = names(planRequest(route, fakeTraits({}, caller), parts()))
      counts.set(first, (counts.get(first) ?? 0) + 1)
    }
    weights.forEach((weight, n) => {
      const share = weight / 10
      const sigma = Math.sqrt(draws * share * (1 - share))
      const off = Math.abs((counts.get(`p/m${n}`) ?? 0) - draws * share)
      assert.ok(off < 4.5 * sigma, `${isSession ? 'session' : 'drawn'} m${n}: off by ${off / sigma} sigma`)
    })
  }
})

test('a session stays on its target; when a target goes, only its own sessions move', () => {
  const entries = ['p/a', 'p/b', 'p/c', 'p/d'].map((name) => fakeEntry(fakeCandidate(name), { weight: 2 }))
  const all = fakeRoute('weighted', entries)
  const fewer = fakeRoute('weighted', entries.slice(1))
  let moved = 0
  for (let n = 0; n < 2_000; n++) {
    const traits = fakeTraits({}, { session: `s${n}` })
    const [first] = names(planRequest(all, traits, parts()))
    assert.equal(names(planRequest(all, traits, parts()))[0], first)
    const [then] = names(planRequest(fewer, traits, parts()))
    if (first === 'p/a') moved++
    else assert.equal(then, first)
  }
  assert.ok(moved > 400 && moved < 600, String(moved))
})

// -- properties over arbitrary routes

const info = fc.record(
  {
    contextWindow: fc.constantFrom(100, 1_000, 100_000),
    inputModalities: fc.constantFrom(['text'] as const, ['text', 'image'] as const),
    capabilities: fc.record({ tools: fc.boolean() }, { requiredKeys: [] }),
  },
  { requiredKeys: ['capabilities'] },
)
const when = fc.record({ tags: fc.constant(['a']), stream: fc.boolean() }, { requiredKeys: [] })
const line = fc.record({
  info,
  when,
  region: fc.option(fc.constantFrom('eu', 'us'), { nil: undefined }),
  weight: fc.integer({ min: 1, max: 9 }),
})
const strategy = fc.constantFrom('ordered', 'weighted', 'cheapest', 'fastest', 'task' as const)
const request = fc.record({
  hasTools: fc.boolean(),
  media: fc.constantFrom([], ['image'] as const),
  inputBytes: fc.constantFrom(10, 2_000, 20_000),
  tags: fc.constantFrom([], ['a']),
  stream: fc.boolean(),
  dataRegion: fc.option(fc.constantFrom('eu', 'us'), { nil: undefined }),
})

const arbitraryRoute = fc
  .tuple(strategy, fc.array(line, { minLength: 1, maxLength: 6 }), strategy, fc.array(line, { maxLength: 4 }))
  .map(([outer, lines, inner, nested]) => {
    const toEntry =
      (prefix: string) => (each: typeof line extends fc.Arbitrary<infer L> ? L : never, n: number) => {
        const condition = compileCondition(each.when as Parameters<typeof compileCondition>[0])
        return fakeEntry(fakeCandidate(`${prefix}/m${n}`, each.info as object, each.region), {
          weight: each.weight,
          ...(condition && { condition }),
        })
      }
    const within = nested.map(toEntry('inner'))
    const entries = lines.map(toEntry('outer'))
    if (within.length > 0) entries.splice(1, 0, fakeEntry(fakeRoute(inner, within, { name: 'within' })))
    return fakeRoute(outer, entries)
  })

test('no target that cannot take a request is planned, none that can is lost, and each is told of once', () => {
  fc.assert(
    fc.property(arbitraryRoute, request, ({ entries, ...rest }, { tags, stream, dataRegion, ...content }) => {
      const route = { entries, ...rest }
      const caller = { tags, ...(dataRegion !== undefined && { dataRegion }) }
      const traits = fakeTraits(content, caller, { stream })
      const able = (list: typeof entries): string[] =>
        list.flatMap(({ to, condition }) => {
          if (condition?.(traits) !== undefined) return []
          if (isRoute(to)) return able(to.entries)
          return cannotCarry(to, traits) === undefined ? [to.name] : []
        })
      const expected = able(entries)
      let plan: Plan
      try {
        plan = planRequest(route, traits, parts())
      } catch (error) {
        assert.ok(error instanceof GatewayError && error.code === 'no_eligible_target')
        assert.deepEqual(expected, [])
        return
      }
      assert.deepEqual(names(plan).toSorted(), expected.toSorted())
      if (route.strategy === 'ordered' && entries.every(({ to }) => !isRoute(to))) {
        assert.deepEqual(names(plan), expected)
      }
      const told = plan.decision!.candidates
      assert.equal(told.length, targetsWithin(route).length)
      assert.deepEqual(
        told.filter(({ skippedBecause }) => skippedBecause === undefined).map(({ target }) => target),
        names(plan),
      )
    }),
    { numRuns: 1_000 },
  )
})

test('breakers shut out at most a half of the targets, and never the last that is left', () => {
  const overloaded = new GatewayError('upstream_overloaded', 'down')
  fc.assert(
    fc.property(fc.array(fc.boolean(), { minLength: 1, maxLength: 8 }), (down) => {
      const candidates = down.map((_, n) => fakeCandidate(`p/m${n}`))
      const all = parts()
      down.forEach((isDown, n) => {
        const [leg] = candidates[n]!.legs
        for (let time = 0; isDown && time < 5; time++) all.health.record(leg!, overloaded, defaultBreaker)
      })
      const { choices } = planRequest(fakeRoute('ordered', candidates), fakeTraits(), all)
      const ejected = candidates.length - choices.length
      assert.ok(ejected <= candidates.length / 2)
      assert.ok(choices.length > 0)
      const isUp = ({ name }: Candidate) => !down[Number(name.slice(3))]
      const firstDown = choices.findIndex(({ candidate }) => !isUp(candidate))
      assert.ok(choices.every(({ candidate }, at) => firstDown < 0 || at >= firstDown || isUp(candidate)))
      assert.ok(choices.every(({ candidate, isForced }) => isForced === !isUp(candidate)))
    }),
  )
})

test('what was passed over says why, and when the first of them is expected back', () => {
  const candidates = [fakeCandidate('p/a'), fakeCandidate('p/b')]
  const all = parts()
  const limited = new GatewayError('upstream_rate_limit', 'slow down', { retryAfterMs: 7_000 })
  all.health.record(candidates[0]!.legs[0]!, limited, defaultBreaker)
  const plan = planRequest(fakeRoute('ordered', candidates), fakeTraits(), all)
  assert.deepEqual(names(plan), ['p/b'])
  assert.deepEqual(plan.decision, {
    strategy: 'ordered',
    reason: 'in the order of the configuration',
    candidates: [{ target: 'p/a', skippedBecause: 'it asked to wait for 7 s more' }, { target: 'p/b' }],
  })
  assert.equal(plan.backAtMs, clock.monotonicMs() + 7_000)
})

test('a request that must stay in a region goes nowhere but there', () => {
  const route = fakeRoute('ordered', [
    fakeCandidate('p/a'),
    fakeCandidate('p/b', {}, 'us'),
    fakeCandidate('p/c', {}, 'eu'),
  ])
  const traits = fakeTraits({}, { dataRegion: 'eu' })
  assert.deepEqual(names(planRequest(route, traits, parts())), ['p/c'])
  assert.throws(() => planRequest(fakeCandidate('p/a'), traits, parts()), { code: 'no_eligible_target' })
})

test('a task is named by the first rule that holds, and its targets come first', () => {
  const route = fakeRoute(
    'task',
    [
      fakeEntry(fakeCandidate('p/cheap'), { labels: ['simple'] }),
      fakeEntry(fakeCandidate('p/strong'), { labels: ['code', 'hard'] }),
    ],
    {
      rules: [
        { label: 'code', condition: compileCondition({ code: true })! },
        { label: 'hard', condition: compileCondition({ languages: ['de'], inputTokens: { above: 50 } })! },
        { label: 'simple' },
      ],
    },
  )
  const first = (question: string) => {
    const plan = planRequest(route, fakeTraits({ question, inputBytes: question.length }), parts())
    return [names(plan)[0], plan.decision!.reason]
  }
  assert.deepEqual(first('What is the capital of France?'), ['p/cheap', 'rule 3 names the task simple'])
  assert.deepEqual(first('Fix this: function add(a, b) { return a }'), [
    'p/strong',
    'rule 1 names the task code',
  ])
  const long =
    'Bitte schreibe mir einen Aufsatz über die Geschichte der Wehre und ihrer Wirkung auf die Flüsse. '
  assert.deepEqual(first(long.repeat(4)), ['p/strong', 'rule 2 names the task hard'])
})
