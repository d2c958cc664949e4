/** Sums live answers up by hour, and has each hour judged when it is over. */

import type { Clock } from '../core/clock.ts'
import type { RequestRecord } from '../records/record.ts'
import type { DriftStore, TellAlert, TrafficRow } from './port.ts'
import { addToSums, emptySums, isTelling, trafficFindings, trafficRules } from './traffic.ts'
import { hoursOf, lookBackMs, TrafficHistory } from './traffic-history.ts'

export interface MeterParts {
  readonly store: DriftStore
  readonly clock: Clock
  /** Several instances sum up their own part of an hour. */
  readonly instance: string
  readonly tell: TellAlert
}

export interface TrafficMeter {
  observe(record: RequestRecord): void
  /** Writes the hours that are over, and judges the last one a while after its end. */
  tick(): Promise<void>
  /** Writes all. */
  flush(): Promise<void>
}

const hourMs = 3_600_000
/** Other instances have written their part by then. */
const judgeAfterMs = 5 * 60_000
const leaseName = 'drift-traffic'
const maxSeries = 1_000
const maxKeys = 50

/** Answers of another form than was promised. */
const contractCodes: ReadonlySet<string> = new Set(['contract_unsatisfied'])

export function createTrafficMeter({ store, clock, instance, tell }: MeterParts): TrafficMeter {
  const open = new Map<string, { row: Omit<TrafficRow, 'strata'>; strata: Record<string, number[]> }>()
  const history = new TrafficHistory(store)
  let judgedHourMs = Math.floor(clock.nowMs() / hourMs) * hourMs - hourMs

  function sumsOf({ org, route, provider, model, keyId, atMs }: RequestRecord): number[] | undefined {
    const hour = Math.floor(atMs / hourMs) * hourMs
    const name = `${provider}/${model}`
    const series = JSON.stringify([org, route ?? '', name, hour])
    let entry = open.get(series)
    if (entry === undefined) {
      if (open.size >= maxSeries) return undefined
      entry = { row: { org, route: route ?? '', model: name, hourMs: hour, instance }, strata: {} }
      open.set(series, entry)
    }
    const key = keyId in entry.strata || Object.keys(entry.strata).length < maxKeys ? keyId : ''
    return (entry.strata[key] ??= emptySums())
  }

  async function write(isDue: (hour: number) => boolean): Promise<void> {
    for (const [series, { row, strata }] of open) {
      if (!isDue(row.hourMs)) continue
      open.delete(series)
      try {
        await store.addTraffic({ ...row, strata }, row.hourMs - lookBackMs)
      } catch (cause) {
        // For the next time, unless late requests have begun it anew.
        if (!open.has(series)) open.set(series, { row, strata })
        throw cause
      }
    }
  }

  async function judge(hour: number): Promise<void> {
    const rows = await store.traffic(hour, hour)
    for (const [name, ofSeries] of Map.groupBy(rows, ({ org, route, model }) =>
      JSON.stringify([org, route, model]),
    )) {
      const { org, route, model } = ofSeries[0]!
      const [last] = hoursOf(ofSeries)
      // An hour that says too little is neither judged nor held against.
      const findings = isTelling(last!)
        ? trafficFindings(await history.before(name, { org, route, model }, hour), last!)
        : []
      if (isTelling(last!)) history.add(name, last!)
      const target = route === '' ? model : `${route} (${model})`
      const isChanged = findings.length > 0
      tell({
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
    history.end(hour)
  }

  return {
    observe(record) {
      const { operation, provider, clientGone, status, finish, usage, code, firstTokenMs, tags } = record
      if (operation !== 'generate' || provider === undefined || clientGone || tags.includes('drift')) return
      const isContractFailure = code !== undefined && contractCodes.has(code)
      // Errors of the network and of limits are another watch's.
      if (status >= 400 && !isContractFailure) return
      const sums = sumsOf(record)
      if (sums === undefined) return
      addToSums(sums, 'failure', isContractFailure ? 1 : 0)
      addToSums(sums, 'refusal', finish === 'refusal' || finish === 'content-filter' ? 1 : 0)
      addToSums(sums, 'cut', finish === 'length' ? 1 : 0)
      if (usage) addToSums(sums, 'length', Math.log1p(usage.outputTokens))
      if (firstTokenMs !== undefined) addToSums(sums, 'latency', Math.log(Math.max(1, firstTokenMs)))
    },
    async tick() {
      const nowMs = clock.nowMs()
      const currentMs = Math.floor(nowMs / hourMs) * hourMs
      await write((hour) => hour < currentMs)
      const lastMs = currentMs - hourMs
      if (lastMs <= judgedHourMs || nowMs - currentMs < judgeAfterMs) return
      judgedHourMs = lastMs
      // One instance tells for all.
      if (await store.takeLease(leaseName, instance, nowMs, nowMs + hourMs / 2)) await judge(lastMs)
    },
    flush: () => write(() => true),
  }
}
