/** Seeded simulations of `fastest` and `cheapest` against an oracle that knows what they can only measure. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { compilePrice } from '../../src/routing/token-price.ts'
import { planRequest } from '../../src/routing/plan.ts'
import { seededRandom } from '../support/random.ts'
import { fakeCandidate, fakeParts, fakeRoute, fakeTraits, handClock } from '../support/routing.ts'

const isFull = process.env['WEIR_PROVE'] === '1'
const seeds = isFull ? 40 : 8
const targetCount = 5
const requests = 6_000
const requestsPerSecond = 10
const maxRegret = 0.1

/** A factor around 1: e to a normal deviate (Box and Muller) times `sigma`, with a mean of 1. */
function noise(random: () => number, sigma: number): number {
  const normal = Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random())
  return Math.exp(sigma * normal - sigma ** 2 / 2)
}

/** Targets that now and then become faster or slower, all at their own times. */
function regretOfFastest(seed: number): number {
  const random = seededRandom(`fastest ${seed}`)
  const clock = handClock()
  const targets = Array.from({ length: targetCount }, (_, n) => ({
    candidate: fakeCandidate(`p/m${n}`),
    firstTokenMs: 200 + random() * 1_500,
    tokensPerSecond: 30 + random() * 120,
    changesInMs: 20_000 + random() * 100_000,
  }))
  const route = fakeRoute(
    'fastest',
    targets.map(({ candidate }) => candidate),
  )
  const parts = fakeParts(clock, random)
  const outputTokens = 150
  const trueMs = (target: (typeof targets)[number]) =>
    target.firstTokenMs + (outputTokens / target.tokensPerSecond) * 1000
  let chosenMs = 0
  let bestMs = 0
  for (let n = 0; n < requests; n++) {
    clock.advance(1000 / requestsPerSecond)
    for (const target of targets) {
      target.changesInMs -= 1000 / requestsPerSecond
      if (target.changesInMs > 0) continue
      target.changesInMs = 20_000 + random() * 100_000
      target.firstTokenMs = 200 + random() * 1_500
      target.tokensPerSecond = 30 + random() * 120
    }
    const now = { ...parts, nowMs: clock.monotonicMs(), atMs: clock.nowMs() }
    const plan = planRequest(route, fakeTraits({ maxOutputTokens: outputTokens }, {}, { stream: true }), now)
    const chosen = targets.find(({ candidate }) => candidate === plan.choices[0]!.candidate)!
    chosenMs += trueMs(chosen)
    bestMs += Math.min(...targets.map(trueMs))
    parts.figures.add(chosen.candidate.figureKey, {
      firstTokenMs: chosen.firstTokenMs * noise(random, 0.3),
      tokensPerSecond: chosen.tokensPerSecond * noise(random, 0.15),
      outputTokens,
    })
  }
  return chosenMs / bestMs - 1
}

/** Prices that change, models of different verbosity, and prompt caches that are warm to a different degree. */
function regretOfCheapest(seed: number): number {
  const random = seededRandom(`cheapest ${seed}`)
  const clock = handClock()
  const parts = fakeParts(clock, random)
  const targets = Array.from({ length: targetCount }, (_, n) => ({
    name: `p/m${n}`,
    verbosity: 100 + random() * 400,
    cachedShare: random() * 0.8,
  }))
  const priced = () =>
    targets.map(({ name }) => {
      const input = Math.round(100 + random() * 3_000) * 1_000_000
      const rates = { input, cacheRead: Math.round(input / 10), output: input * 4 }
      const price = { periods: [{ tiers: [{ aboveTokens: 0, rates }] }] } as const
      return { candidate: fakeCandidate(name, { price }), priceOf: compilePrice(price) }
    })
  let offers = priced()
  let paid = 0
  let least = 0
  for (let n = 0; n < requests; n++) {
    clock.advance(1000 / requestsPerSecond)
    if (n % 1_500 === 0) offers = priced()
    const route = fakeRoute(
      'cheapest',
      offers.map(({ candidate }) => candidate),
    )
    const traits = fakeTraits({ inputBytes: 400 + random() * 40_000 })
    const trueCost = (at: number) => {
      const { input, cacheRead, output } = offers[at]!.priceOf(traits.inputTokens, clock.nowMs())!
      const { verbosity, cachedShare } = targets[at]!
      const cached = traits.inputTokens * cachedShare
      return (traits.inputTokens - cached) * input + cached * cacheRead + verbosity * output
    }
    const now = { ...parts, nowMs: clock.monotonicMs(), atMs: clock.nowMs() }
    const first = planRequest(route, traits, now).choices[0]!.candidate
    const chosen = offers.findIndex(({ candidate }) => candidate === first)
    paid += trueCost(chosen)
    least += Math.min(...targets.map((_, at) => trueCost(at)))
    parts.figures.add(first.figureKey, {
      outputTokens: targets[chosen]!.verbosity * noise(random, 0.5),
      cachedShare: Math.min(1, targets[chosen]!.cachedShare * noise(random, 0.2)),
    })
  }
  return paid / least - 1
}

for (const [name, regretOf] of [
  ['fastest', regretOfFastest],
  ['cheapest', regretOfCheapest],
] as const) {
  test(`${name}: at most a tenth worse than an oracle, over ${seeds} seeds`, (t) => {
    const regrets = Array.from({ length: seeds }, (_, seed) => regretOf(seed))
    const mean = regrets.reduce((sum, regret) => sum + regret, 0) / seeds
    const worst = Math.max(...regrets)
    t.diagnostic(`regret: mean ${(mean * 100).toFixed(1)} %, worst ${(worst * 100).toFixed(1)} %`)
    assert.ok(worst <= maxRegret, `regret of ${worst}`)
  })
}
