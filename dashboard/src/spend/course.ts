/** The course of the spend: the dearest names and all others, step by step or summed up, and where the month leads. Pure. */

import { costOf, type Usage } from '../api/usage.ts'
import type { ChartSeries } from '../ui/chart-series.ts'
import type { Forecast } from './forecast.ts'

const dayMs = 86_400_000

/** Where the steps lie. */
export interface Steps {
  readonly by: 'hour' | 'day'
  readonly stepMs: number
  /** Of the first one. */
  readonly fromMs: number
  readonly count: number
  /** The first that has not begun. */
  readonly until: number
}

export interface Named {
  readonly name: string
  readonly usages: readonly Usage[]
}

interface CourseParts {
  readonly steps: Steps
  readonly isCumulative: boolean
  /** Of all together. */
  readonly all: readonly Usage[]
  /** The dearest, in any order. */
  readonly named: readonly Named[]
  /** What is not of these. */
  readonly othersName: string
}

export function courseOf({ steps, isCumulative, all, named, othersName }: CourseParts): ChartSeries[] {
  const others = valuesOf(all, steps)
  // A name keeps its colour while the dearest change places.
  const colours = new Map(
    named
      .map(({ name }) => name)
      .toSorted()
      .map((name, index) => [name, `var(--series-${index + 1})`]),
  )
  const series = named.map(({ name, usages }) => {
    const values = valuesOf(usages, steps)
    values.forEach((value, index) => (others[index] = Math.max(0, others[index]! - value)))
    return { name, color: colours.get(name)!, values }
  })
  // What rounding leaves of numbers that come to the same is nothing.
  const isLeft = others.some((value) => value > 1e-9)
  const whole = isLeft
    ? [...series, { name: othersName, color: 'var(--series-other)', values: others }]
    : series
  return whole.map((one) => ({ ...one, values: known(one.values, steps, isCumulative) }))
}

function valuesOf(usages: readonly Usage[], { by, stepMs, fromMs, count }: Steps): number[] {
  const values = Array.from({ length: count }, () => 0)
  for (const usage of usages) {
    const index = Math.round((Date.parse(usage[by] ?? '') - fromMs) / stepMs)
    if (index >= 0 && index < count) values[index] = values[index]! + costOf(usage)
  }
  return values
}

function known(values: readonly number[], { until }: Steps, isCumulative: boolean): (number | undefined)[] {
  let sum = 0
  return values.map((value, index) => {
    sum += value
    return index >= until ? undefined : isCumulative ? sum : value
  })
}

/** The same steps of the period before, as a line. */
export function beforeLine(
  before: readonly Usage[],
  steps: Steps,
  isCumulative: boolean,
): ChartSeries | undefined {
  const values = valuesOf(before, steps)
  if (values.every((value) => value === 0)) return undefined
  return {
    name: 'Period before',
    color: 'var(--text-3)',
    isThin: true,
    values: known(values, { ...steps, until: steps.count }, isCumulative),
  }
}

/** From now to the end of the month, where its days go on as they were. */
export function forecastLines(
  { soFarUsd, endUsd }: Forecast,
  steps: Steps,
  isCumulative: boolean,
): ChartSeries[] {
  const { count, until } = steps
  const left = count - until
  if (!endUsd || left <= 0) return []
  const line = (name: string, end: number, isThin: boolean): ChartSeries => ({
    name,
    color: isThin ? 'var(--text-3)' : 'var(--text-2)',
    isDashed: true,
    isThin,
    values: Array.from({ length: count }, (_, index) => {
      if (index < until - 1) return undefined
      const gone = (index - until + 1) / left
      if (isCumulative) return soFarUsd + (end - soFarUsd) * gone
      return index < until ? undefined : (end - soFarUsd) / left
    }),
  })
  const mean = line('Forecast', endUsd.mean, false)
  if (!isCumulative) return [mean]
  return [mean, line('80 % low', endUsd.lower, true), line('80 % high', endUsd.upper, true)]
}

/** What a month may cost, as a line. */
export function budgetLine(monthUsd: number, { count, stepMs }: Steps, isCumulative: boolean): ChartSeries {
  const days = (count * stepMs) / dayMs
  const value = isCumulative ? monthUsd : monthUsd / days
  return {
    name: isCumulative ? 'Budget' : 'Budget, a day',
    color: 'var(--warn)',
    values: Array.from({ length: count }, () => value),
  }
}
