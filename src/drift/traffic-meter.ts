/** Sums live answers up by hour, and has each hour judged when it is over. */

import type { Clock } from '../core/clock.ts'
import type { RequestRecord } from '../records/record.ts'
import type { DriftStore, TellAlert, TrafficRow, TrafficSeries } from './port.ts'
import {
  addToSums,
  emptySums,
  isTelling,
  type TrafficFinding,
  trafficFindings,
  trafficRules,
} from './traffic.ts'
import { hoursOf, lookBackMs, TrafficHistory } from './traffic-history.ts'

export interface MeterParts {
  readonly store: DriftStore
  readonly clock: Clock
  /** Several instances sum up their own part of an hour. */
  readonly instance: string
  readonly tell: TellAlert
}

const hourMs = 3_600_000
/** Other instances have written their part by then. */
const judgeAfterMs = 5 * 60_000
const leaseName = 'drift-traffic'
const maxSeries = 1_000
const maxKeys = 50

/** Answers of another form than was promised. */
const contractCodes: ReadonlySet<string> = new Set(['contract_unsatisfied'])

/** What one instance has summed up of a series within an hour. */
interface OpenHour {
  readonly row: Omit<TrafficRow, 'strata'>
  /** By API key. */
  readonly strata: Record<string, number[]>
}

export class TrafficMeter {
  readonly #parts: MeterParts
  readonly #open = new Map<string, OpenHour>()
  readonly #history: TrafficHistory
  #judgedHourMs: number

  constructor(parts: MeterParts) {
    this.#parts = parts
    this.#history = new TrafficHistory(parts.store)
    this.#judgedHourMs = hourOf(parts.clock.nowMs()) - hourMs
  }

  observe(record: RequestRecord): void {
    const { operation, provider, clientGone, status, finish, usage, code, firstTokenMs, tags } = record
    if (operation !== 'generate' || provider === undefined || clientGone || tags.includes('drift')) return
    const isContractFailure = code !== undefined && contractCodes.has(code)
    // Errors of the network and of limits are another watch's.
    if (status >= 400 && !isContractFailure) return
    const sums = this.#sumsOf(record)
    if (sums === undefined) return
    addToSums(sums, 'failure', isContractFailure ? 1 : 0)
    addToSums(sums, 'refusal', finish === 'refusal' || finish === 'content-filter' ? 1 : 0)
    addToSums(sums, 'cut', finish === 'length' ? 1 : 0)
    if (usage) addToSums(sums, 'length', Math.log1p(usage.outputTokens))
    if (firstTokenMs !== undefined) addToSums(sums, 'latency', Math.log(Math.max(1, firstTokenMs)))
  }

  #sumsOf({ org, route, provider, model, keyId, atMs }: RequestRecord): number[] | undefined {
    const hour = hourOf(atMs)
    const name = `${provider}/${model}`
    const series = JSON.stringify([org, route ?? '', name, hour])
    let entry = this.#open.get(series)
    if (entry === undefined) {
      if (this.#open.size >= maxSeries) return undefined
      const { instance } = this.#parts
      entry = { row: { org, route: route ?? '', model: name, hourMs: hour, instance }, strata: {} }
      this.#open.set(series, entry)
    }
    const { strata } = entry
    const key = keyId in strata || Object.keys(strata).length < maxKeys ? keyId : ''
    return (strata[key] ??= emptySums())
  }

  /** Writes the hours that are over, and judges the last one a while after its end. */
  async tick(): Promise<void> {
    const { store, clock, instance } = this.#parts
    const nowMs = clock.nowMs()
    const currentMs = hourOf(nowMs)
    await this.#write((hour) => hour < currentMs)
    const lastMs = currentMs - hourMs
    if (lastMs <= this.#judgedHourMs || nowMs - currentMs < judgeAfterMs) return
    this.#judgedHourMs = lastMs
    try {
      // One instance tells for all.
      if (await store.takeLease(leaseName, instance, nowMs, nowMs + hourMs / 2)) await this.#judge(lastMs)
    } catch (cause) {
      this.#judgedHourMs = lastMs - hourMs
      throw cause
    }
  }

  /** Unix milliseconds of the first hour that has not been written; Infinity where all are. */
  get unwrittenSinceMs(): number {
    return Math.min(...[...this.#open.values()].map(({ row }) => row.hourMs))
  }

  /** Writes all. */
  flush(): Promise<void> {
    return this.#write(() => true)
  }

  async #write(isDue: (hour: number) => boolean): Promise<void> {
    for (const [series, hour] of this.#open) {
      const { row, strata } = hour
      if (!isDue(row.hourMs)) continue
      this.#open.delete(series)
      try {
        await this.#parts.store.addTraffic({ ...row, strata }, row.hourMs - lookBackMs)
      } catch (cause) {
        // For the next time, unless late requests have begun it anew.
        if (!this.#open.has(series)) this.#open.set(series, hour)
        throw cause
      }
    }
  }

  /** All or nothing: where the store fails between two series, the whole hour is judged again. */
  async #judge(hour: number): Promise<void> {
    const rows = await this.#parts.store.traffic(hour, hour)
    const judged: (() => void)[] = []
    for (const [name, ofSeries] of Map.groupBy(rows, ({ org, route, model }) =>
      JSON.stringify([org, route, model]),
    )) {
      const { org, route, model } = ofSeries[0]!
      const [last] = hoursOf(ofSeries)
      const series = { org, route, model }
      if (!isTelling(last!)) {
        // An hour that says too little is neither judged nor held against.
        judged.push(() => this.#tell(series, hour, []))
        continue
      }
      const findings = trafficFindings(await this.#history.before(name, series, hour), last!)
      judged.push(() => {
        this.#history.add(name, last!)
        this.#tell(series, hour, findings)
      })
    }
    for (const settle of judged) settle()
    this.#history.end(hour)
  }

  #tell({ org, route, model }: TrafficSeries, hour: number, findings: readonly TrafficFinding[]): void {
    const target = route === '' ? model : `${route} (${model})`
    const isChanged = findings.length > 0
    this.#parts.tell({
      org,
      kind: isChanged ? 'warning' : 'clean',
      set: `traffic of ${target}`,
      target: model,
      runId: new Date(hour).toISOString(),
      title: `${target}: live answers ${isChanged ? 'have changed' : 'are as before'}`,
      lines: findings.map(({ metric, baseline, value }) => {
        const { label, show } = trafficRules[metric]
        return `${label} went from ${show(baseline)} to ${show(value)}`
      }),
    })
  }
}

function hourOf(ms: number): number {
  return Math.floor(ms / hourMs) * hourMs
}
