/** Metrics of the request path: what is counted per request is counted in plain numbers. */

import type { Metric } from 'prom-client'

/** A counter of one set of labels. */
export class Count {
  value = 0

  add(amount: number): void {
    this.value += amount
  }
}

/** A histogram of one set of labels. */
export class Spread {
  readonly #bounds: readonly number[]
  /** How many values were at most the bound of the same index, and above the one before it. */
  readonly #counts: number[]
  #sum = 0
  #count = 0

  /** `bounds` ascend. */
  constructor(bounds: readonly number[]) {
    this.#bounds = bounds
    this.#counts = bounds.map(() => 0)
  }

  add(value: number): void {
    this.#sum += value
    this.#count++
    let at = 0
    while (at < this.#bounds.length && value > this.#bounds[at]!) at++
    if (at < this.#counts.length) this.#counts[at]!++
  }

  samples(name: string, labels: Labels): Sample[] {
    if (this.#count === 0) return []
    let below = 0
    const buckets = this.#bounds.map((bound, at) => ({
      metricName: `${name}_bucket`,
      labels: { ...labels, le: bound },
      value: (below += this.#counts[at]!),
    }))
    return [
      ...buckets,
      { metricName: `${name}_bucket`, labels: { ...labels, le: '+Inf' }, value: this.#count },
      { metricName: `${name}_sum`, labels, value: this.#sum },
      { metricName: `${name}_count`, labels, value: this.#count },
    ]
  }
}

type MetricKind = 'counter' | 'histogram'

type Labels = Readonly<Record<string, string | number>>

interface Sample {
  readonly metricName?: string
  readonly labels: Labels
  readonly value: number
}

interface FamilyOptions<LabelName extends string> {
  readonly name: string
  readonly help: string
  readonly labelNames: readonly LabelName[]
}

/** All series of one metric; those in which nothing was counted are not told. prom-client's own look the series up by a text of its labels at every count. */
class Family<LabelName extends string, Series> {
  readonly name: string
  readonly help: string
  readonly type: MetricKind
  readonly #labelNames: readonly LabelName[]
  readonly #make: () => Series
  readonly #read: (series: Series, labels: Labels) => Sample[]
  readonly #series = new Map<string, { readonly labels: Labels; readonly series: Series }>()

  constructor(
    { name, help, labelNames }: FamilyOptions<LabelName>,
    type: MetricKind,
    make: () => Series,
    read: (series: Series, labels: Labels) => Sample[],
  ) {
    this.name = name
    this.help = help
    this.type = type
    this.#labelNames = labelNames
    this.#make = make
    this.#read = read
  }

  /** The series with these labels, in the order of their names; to be kept by whoever counts often. */
  of(...values: string[]): Series {
    const key = JSON.stringify(values)
    let entry = this.#series.get(key)
    if (!entry) {
      const labels = Object.fromEntries(this.#labelNames.map((name, at) => [name, values[at]!]))
      this.#series.set(key, (entry = { labels, series: this.#make() }))
    }
    return entry.series
  }

  /** What a registry of prom-client asks a metric for. */
  get() {
    const values = [...this.#series.values()].flatMap(({ series, labels }) => this.#read(series, labels))
    return Promise.resolve({ name: this.name, help: this.help, type: this.type, values })
  }

  /** As a registry of prom-client takes it: it asks for no more than this has. */
  asMetric(): Metric {
    return this as unknown as Metric
  }
}

export function counter<LabelName extends string>(
  options: FamilyOptions<LabelName>,
): Family<LabelName, Count> {
  const read = ({ value }: Count, labels: Labels) => (value === 0 ? [] : [{ labels, value }])
  return new Family(options, 'counter', () => new Count(), read)
}

/** `bounds` ascend; one without an end is added. */
export function histogram<LabelName extends string>(
  options: FamilyOptions<LabelName> & { readonly bounds: readonly number[] },
): Family<LabelName, Spread> {
  const { name, bounds } = options
  const read = (spread: Spread, labels: Labels) => spread.samples(name, labels)
  return new Family(options, 'histogram', () => new Spread(bounds), read)
}
