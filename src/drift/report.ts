/** The report of a golden run: one HTML page that loads nothing. */

import { formatUsd } from '../core/money.ts'
import type { Evidence, PromptChange } from './evidence.ts'
import type { GoldenSet } from './golden.ts'
import {
  type DecisionMetric,
  decisionMetrics,
  decisionRules,
  measuredRules,
  type MetricRule,
  showValue,
} from './metric.ts'
import type { Run } from './port.ts'
import { chartSvg, type ChartPoint, escapeHtml } from './report-chart.ts'
import { reportStyle } from './report-style.ts'
import type { Judgement, MetricResult } from './verdict.ts'

export interface Report {
  readonly run: Run
  readonly set: GoldenSet
  readonly judgement: Judgement | undefined
  readonly evidence: readonly Evidence[]
  /** Runs of the set, newest first; this one may be among them. */
  readonly history: readonly Run[]
}

const sayings: Readonly<Record<string, string>> = {
  ok: 'No drift',
  drift: 'Drift',
  warning: 'Worth a look',
  'no-data': 'No data',
}

export function reportHtml(report: Report): string {
  const { run, set, judgement } = report
  const { name } = set
  const title = `${name}: ${sayings[run.verdict ?? 'no-data']}`
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>${escapeHtml(title)}</title><style>${reportStyle}</style></head><body><main>
<header><p class="kind">Golden run</p><h1>${escapeHtml(name)}
<span class="badge ${run.verdict ?? 'no-data'}">${sayings[run.verdict ?? 'no-data']}</span></h1>
${facts(report)}</header>
${reasons(judgement)}
${table(judgement)}
${decisionMetrics.map((metric) => section(metric, report)).join('\n')}
${measuredTable(judgement)}
<footer>Run ${escapeHtml(run.id)}. Alarms are corrected over six tests at 1 %: five metrics and the texts as a whole. The run is the
unit; effects within the grey band never alarm. Latency and sentiment never move a route.</footer>
</main></body></html>
`
}

function facts({ run, set, judgement }: Report): string {
  const rows: [string, string][] = [
    ['Target', set.target],
    ['Started', new Date(run.startedAtMs).toISOString().replace('T', ' ').slice(0, 19) + ' UTC'],
    ['Answers', `${run.validRows} of ${run.expectedRows} (${set.cases.length} prompts × ${set.samples})`],
    [
      'Baseline',
      run.baseline === undefined ? 'none' : `no. ${run.baseline}, ${judgement?.baselineRuns ?? 0} runs`,
    ],
    ['Cost', `$${formatUsd(run.costNanoUsd)}`],
    ...betweenRuns(judgement),
    ...reportedRows(judgement?.reported),
  ]
  return `<dl>${rows.map(([term, value]) => `<div><dt>${term}</dt><dd>${escapeHtml(value)}</dd></div>`).join('')}</dl>`
}

/** How much runs of an unchanged model differ anyway, which is what power depends on. */
function betweenRuns(judgement: Judgement | undefined): [string, string][] {
  if (judgement === undefined || judgement.metrics.length === 0) return []
  const most = Math.max(...judgement.metrics.map(({ runEffect }) => runEffect))
  const lag1 = judgement.lag1.toFixed(2)
  return [['Between runs', `up to ${most.toFixed(2)} sd of a sample, lag-1 ${lag1}`]]
}

function reportedRows(reported: Judgement['reported']): [string, string][] {
  if (reported === undefined) return []
  const { models, builds, before } = reported
  const row = (term: string, now: readonly string[], then: readonly string[]): [string, string][] => {
    if (now.length === 0) return []
    const isSame = then.length === 0 || now.every((name) => then.includes(name))
    return [[term, isSame ? now.join(', ') : `${now.join(', ')} (before: ${then.join(', ')})`]]
  }
  return [...row('Reported model', models, before.models), ...row('Reported build', builds, before.builds)]
}

function reasons(judgement: Judgement | undefined): string {
  const items = (judgement?.reasons ?? []).map(
    ({ isNote, text }) => `<li class="${isNote ? 'note' : 'reason'}">${escapeHtml(text)}</li>`,
  )
  return items.length === 0
    ? '<p class="calm">Nothing changed beyond chance.</p>'
    : `<ul class="reasons">${items.join('')}</ul>`
}

function effectOf(metric: DecisionMetric, effect: number): string {
  const sign = (value: number, digits: number, unit: string) =>
    `${value > 0 ? '+' : value < 0 ? '−' : '±'}${Math.abs(value).toFixed(digits)}${unit}`
  if (metric === 'length') return sign(Math.expm1(effect) * 100, 1, ' %')
  if (metric === 'sentiment') return sign(effect, 2, '')
  return sign(effect * 100, 1, ' pp')
}

function table(judgement: Judgement | undefined): string {
  if (judgement === undefined || judgement.metrics.length === 0) return ''
  const rows = judgement.metrics.map((result) => {
    const { metric, baseline, value, effect, lower, upper, adjustedP, isAlarm } = result
    const show = (mean: number) => showValue(metric, mean)
    return `<tr class="${isAlarm ? 'alarm' : ''}"><th>${decisionRules[metric].label}</th><td>${show(baseline)}</td>
<td>${show(value)}</td><td>${effectOf(metric, effect)}</td>
<td>${effectOf(metric, lower)} … ${effectOf(metric, upper)}</td><td>${shownP(adjustedP)}</td><td>${state(result)}</td></tr>`
  })
  const { omnibus } = judgement
  if (omnibus) {
    rows.push(`<tr class="${omnibus.isAlarm ? 'alarm' : ''}"><th>texts as a whole</th><td colspan="4">
distance ${omnibus.distance.toFixed(2)}, p ${shownP(omnibus.pPermutation)} by permutation, ${shownP(omnibus.pRun)} against runs</td>
<td>${shownP(omnibus.adjustedP)}</td><td>${omnibus.isAlarm ? 'alarm' : 'quiet'}</td></tr>`)
  }
  return `<div class="wide"><table><thead><tr><th>Metric</th><th>Baseline</th><th>This run</th><th>Effect</th><th>99 % interval</th>
<th>p, corrected</th><th></th></tr></thead><tbody>${rows.join('')}</tbody></table></div>`
}

/** What never alarms by itself. */
function measuredTable(judgement: Judgement | undefined): string {
  const { measured = [], trends = [] } = judgement ?? {}
  if (measured.length === 0) return ''
  const rows = measured.map(({ metric, baseline, value, adjustedP, isChanged }) => {
    const { label, show } = measuredRules[metric]
    const slow = trends.find((trend) => trend.metric === metric)
    const told = isChanged ? 'changed' : slow?.alarm ? `moving ${slow.alarm} slowly` : ''
    const p = adjustedP === undefined ? 'slow change only' : shownP(adjustedP)
    return `<tr><th>${label}</th><td>${escapeHtml(show(baseline))}</td><td>${escapeHtml(show(value))}</td><td>${p}</td><td>${told}</td></tr>`
  })
  return `<section><h2>Also measured</h2><p class="calm">These never alarm: they help to see what an alarm is about.</p>
<div class="wide"><table><thead><tr><th>Metric</th><th>Baseline</th><th>This run</th><th>p, false discovery</th><th></th></tr></thead>
<tbody>${rows.join('')}</tbody></table></div></section>`
}

function state({ isAlarm, isHarmful, direction }: MetricResult): string {
  if (!isAlarm) return 'quiet'
  return isHarmful ? `alarm, harmful ${direction}` : `alarm ${direction}`
}

const shownP = (p: number): string => (p < 0.0001 ? '&lt; 0.0001' : p.toFixed(4))

function section(metric: DecisionMetric, { run, evidence, history, judgement }: Report): string {
  const found = evidence.find((one) => one.metric === metric)
  if (found === undefined || found.baseline.length === 0) return ''
  const result = judgement?.metrics.find((one) => one.metric === metric)
  const { label, minEffect }: MetricRule = decisionRules[metric]
  const mean = found.baseline.reduce((total, value) => total + value, 0) / found.baseline.length
  const later = history
    .filter(({ id, kind, baseline, startedAtMs }) => {
      const isLater = id !== run.id && startedAtMs < run.startedAtMs
      return isLater && baseline === run.baseline && (kind === 'watch' || kind === 'confirm')
    })
    .toReversed()
    .flatMap((other): ChartPoint[] => {
      const its = other.judgement?.metrics.find((one) => one.metric === metric)
      const when = new Date(other.startedAtMs).toISOString().slice(0, 16).replace('T', ' ')
      return its ? [{ value: its.value, kind: 'later', isAlarm: its.isAlarm, label: when }] : []
    })
  const points: ChartPoint[] = [
    ...found.baseline.map((value, at): ChartPoint => ({
      value,
      kind: 'baseline',
      isAlarm: false,
      label: `baseline run ${at + 1}`,
    })),
    ...later,
    {
      value: result?.value ?? found.value,
      kind: 'run',
      isAlarm: result?.isAlarm ?? false,
      label: 'this run',
    },
  ]
  const changes = result?.isAlarm ? found.prompts.map((prompt) => change(metric, prompt)) : []
  const [shown, more] = [changes.slice(0, shownPrompts), changes.slice(shownPrompts)].map((some) =>
    some.join(''),
  )
  return `<section><h2>${label}${result?.isAlarm ? ' <span class="badge drift">alarm</span>' : ''}</h2>
${chartSvg({ title: label, points, mean, minEffect, range: metric === 'length' || metric === 'sentiment' ? undefined : [0, 1], show: (value) => showValue(metric, value) })}
${shown === '' ? '' : `<h3>Prompts that moved most</h3>${shown}`}
${more === '' ? '' : `<details><summary>${changes.length - shownPrompts} more</summary>${more}</details>`}</section>`
}

/** The others are folded away: several metrics often move by the same answers. */
const shownPrompts = 2

function change(metric: DecisionMetric, given: PromptChange): string {
  const show = (mean: number) => showValue(metric, mean)
  const { prompt, question, before, after, answerBefore, answerAfter } = given
  return `<article><h4>${escapeHtml(prompt)} <small>${show(before)} → ${show(after)}</small></h4>
<p class="question">${escapeHtml(question)}</p>
<div class="pair"><div><h5>Before</h5><pre>${escapeHtml(answerBefore)}</pre></div>
<div><h5>After</h5><pre>${escapeHtml(answerAfter)}</pre></div></div></article>`
}
