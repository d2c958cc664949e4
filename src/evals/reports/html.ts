/** The report as one HTML file that needs nothing else: figures, charts, and every answer side by side. */

import { createHash } from 'node:crypto'
import type { Report } from '../report.ts'
import type { CaseRow } from '../row.ts'
import type { Asked } from './asked.ts'
import { cumulativeChart, intervalChart } from './charts.ts'
import {
  figureText,
  milliseconds,
  partAsked,
  partBounds,
  partWriter,
  percent,
  points,
  rowReason,
  usd,
  verdictText,
} from './format.ts'
import { htmlScript } from './html-script.ts'
import { htmlStyle } from './html-style.ts'
import { embedJson, escapeHtml } from './html-text.ts'

const palette = ['var(--a)', 'var(--b)', '#c2701d', '#1d8f8a', '#a8417a']

/** Piece by piece, each some whole lines. */
export function* htmlReport(report: Report, asked: Asked = new Map()): Iterable<string> {
  const colourOf = (label: string): string =>
    palette[report.arms.findIndex((arm) => arm.label === label) % palette.length] ?? 'var(--a)'
  const hash = createHash('sha256').update(htmlScript).digest('base64')
  // Answers are material of strangers: nothing but our own script runs, and nothing is loaded.
  const policy = `default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-${hash}'`
  yield `<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="${policy}">
<title>${escapeHtml(`${report.name}: ${report.verdict}`)}</title>
<style>${htmlStyle}</style>
</head>
<body>
<header><h1>${escapeHtml(report.name)}</h1><span class="badge ${report.verdict}">${report.verdict}</span></header>
${whySection(report)}
<p class="facts">${escapeHtml(factsText(report))}</p>
${armSection(report, colourOf)}
${gateSections(report)}
${dropSection(report)}
${groupSection('By tag', report.tags, report)}
${groupSection('By cluster', report.clusters, report)}
<h2>Answers</h2>
<div class="controls">
<button type="button" data-filter="failures" aria-pressed="true">Failures</button>
<button type="button" data-filter="flips" aria-pressed="false">Differing verdicts</button>
<button type="button" data-filter="faults" aria-pressed="false">Faults</button>
<button type="button" data-filter="all" aria-pressed="false">All</button>
<input id="search" type="search" placeholder="Search in answers" aria-label="Search in answers">
<span class="note" id="count"></span>
</div>
<div id="cases"></div>
<p><button type="button" id="more">Show more</button></p>
<script type="application/json" id="data">`
  yield* pageData(report, asked)
  yield `</script>
<script>${htmlScript}</script>
</body>
</html>`
}

/** The badge has said the verdict already: only what explains it is worth a line. */
function whySection(report: Report): string {
  const text = verdictText(report)
  return text === report.verdict ? '' : `<p class="note">${escapeHtml(text)}</p>`
}

function factsText(report: Report): string {
  const { runId, suiteHash, seed, startedAt, gatewayVersion, plannedCases } = report
  return `${runId} · suite ${suiteHash.slice(0, 12)} · seed ${seed} · ${plannedCases} cases · started ${startedAt} · Weir ${gatewayVersion}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const cells = (row: readonly string[]): string => row.map((cell) => `<td>${cell}</td>`).join('')
  return `<div class="scroll"><table><thead><tr>${head.map((name) => `<th>${escapeHtml(name)}</th>`).join('')}</tr></thead><tbody>${rows.map((row) => `<tr>${cells(row)}</tr>`).join('')}</tbody></table></div>`
}

function armSection(report: Report, colourOf: (label: string) => string): string {
  const rows = report.arms.map(({ label, target, isBaseline, models, figures }) => [
    `<span class="swatch" style="background:${colourOf(label)}"></span>${escapeHtml(label)}${isBaseline ? ' <span class="note">baseline</span>' : ''}`,
    escapeHtml(models.join(', ') || target),
    escapeHtml(figureText(figures.passRate, percent)),
    `${figures.errors} of ${figures.rows}`,
    escapeHtml(figureText(figures.totalMs.p95, milliseconds)),
    escapeHtml(figureText(figures.firstTokenMs.p95, milliseconds)),
    escapeHtml(figureText(figures.costUsd, usd)),
    escapeHtml(figureText(figures.agreement, (value) => value.toFixed(3))),
  ])
  const rates = report.arms.flatMap(({ label, figures }) =>
    figures.passRate ? [{ label, colour: colourOf(label), ...figures.passRate }] : [],
  )
  const times = report.arms.map(({ label }) => ({
    colour: colourOf(label),
    values: report.rows.flatMap(({ arm, totalMs }) =>
      arm === label && totalMs !== undefined ? [totalMs] : [],
    ),
  }))
  const hasTimes = times.some(({ values }) => values.length > 1)
  return `<h2>Arms</h2>${table(['Arm', 'Model', 'Pass rate', 'Faults', 'p95', 'First token p95', 'Per answer', 'Agreement'], rows)}
<div class="charts" style="margin-top:18px">
${rates.length > 0 ? `<figure><figcaption>Pass rate, 95 % interval</figcaption>${intervalChart(rates, percent, { least: 0, most: 1 })}</figure>` : ''}
${hasTimes ? `<figure><figcaption>Share of answers within a time</figcaption>${cumulativeChart(times, milliseconds)}</figure>` : ''}
</div>`
}

function gateSections(report: Report): string {
  return report.comparisons
    .flatMap(({ candidate, gate, flips }) => {
      if (gate === undefined) return []
      const rows = gate.parts.map((part) => [
        escapeHtml(part.name),
        part.estimate === undefined ? '-' : escapeHtml(partWriter(part)(part.estimate)),
        escapeHtml(partBounds(part)),
        escapeHtml(partAsked(part)),
        `<strong class="${part.verdict}">${part.verdict}</strong>${part.reason === undefined ? '' : ` <span class="note">${escapeHtml(part.reason)}</span>`}`,
        escapeHtml(part.method),
      ])
      const first = gate.parts.find(({ name, estimate }) => name === 'pass rate' && estimate !== undefined)
      const chart = first
        ? `<figure style="margin:16px 0 0;max-width:480px"><figcaption>Candidate minus baseline, and the margin</figcaption>${intervalChart(
            [
              {
                label: 'difference',
                value: first.estimate!,
                colour: `var(--${first.verdict === 'inconclusive' ? 'open' : first.verdict})`,
                ...(first.lower !== undefined && { lower: first.lower }),
                ...(first.upper !== undefined && { upper: first.upper }),
              },
            ],
            points,
            { least: -1, most: 1, ...(first.bound !== undefined && { bound: first.bound }) },
          )}</figure>`
        : ''
      const flipText = flips
        ? `<p class="note">Only the baseline right ${flips.onlyBaseline}, only the candidate right ${flips.onlyCandidate}, both ${flips.bothRight}, neither ${flips.bothWrong}; McNemar p ${flips.p.toFixed(4)}.</p>`
        : ''
      return [
        `<h2>Gate: ${escapeHtml(candidate)}</h2><p class="note">${gate.cases} cases in ${gate.clusters} clusters; every part must hold with its bound.</p>${table(['Part', 'Estimate', 'Bounds', 'Asked', 'Verdict', 'Method'], rows)}${flipText}${chart}`,
      ]
    })
    .join('\n')
}

function dropSection({ drops }: Report): string {
  if (drops.length === 0) return ''
  const rows = drops.map(({ name, arm, from, to, drop, clusters }) => [
    escapeHtml(name),
    escapeHtml(arm),
    percent(from),
    percent(to),
    escapeHtml(figureText(drop, points)),
    String(clusters),
  ])
  return `<h2>Contrasts</h2>${table(['Contrast', 'Arm', 'From', 'To', 'Drop', 'Pairs'], rows)}`
}

const maxGroupsShown = 100

function groupSection(title: string, groups: Report['tags'], { arms }: Report): string {
  const entries = Object.entries(groups).slice(0, maxGroupsShown)
  if (entries.length === 0) return ''
  const hasBaseline = arms.some(({ isBaseline }) => isBaseline)
  const rows = entries.map(([name, { cases, passRate, difference }]) => [
    escapeHtml(name),
    String(cases),
    ...arms.map(({ label }) => escapeHtml(figureText(passRate[label], percent))),
    ...(hasBaseline
      ? [escapeHtml(figureText(difference, points)), difference?.pHolm?.toFixed(4) ?? '-']
      : []),
  ])
  const labels = arms.map(({ label }) => label)
  const head = ['Name', 'Cases', ...labels, ...(hasBaseline ? ['Difference', 'p (Holm)'] : [])]
  return `<h2>${title}</h2>${table(head, rows)}`
}

/** What the page's own script lists, as JSON. */
function* pageData(report: Report, asked: Asked): Iterable<string> {
  const candidate = report.arms.find(({ isBaseline }) => !isBaseline)?.label
  const baseline = report.arms.find(({ isBaseline }) => isBaseline)?.label
  const labels = report.arms.map(({ label }) => label)
  const facts = {
    candidate,
    baseline,
    // The baseline stands to the left.
    arms: baseline === undefined ? labels : [baseline, ...labels.filter((label) => label !== baseline)],
    repeats: 1 + report.rows.reduce((most, { repeat }) => Math.max(most, repeat), 0),
  }
  yield `{"facts":${embedJson(facts)},"asked":${embedJson(Object.fromEntries(asked))},"rows":[`
  for (const [index, row] of report.rows.entries()) {
    yield `${embedJson(pageRow(row))}${index < report.rows.length - 1 ? ',' : ''}`
  }
  yield ']}'
}

function pageRow(row: CaseRow): object {
  const { caseId, repeat, arm, status, pass, replies, asserts, error, totalMs, costNanoUsd } = row
  const facts = [
    ...(totalMs === undefined ? [] : [milliseconds(totalMs)]),
    ...(costNanoUsd === undefined ? [] : [usd(costNanoUsd / 1e9)]),
  ]
  return {
    id: caseId,
    repeat,
    arm,
    status,
    pass,
    text: replies
      .map(({ output, toolCalls }) =>
        [output, ...toolCalls.map((call) => `${call.name}(${call.arguments})`)].join('\n').trim(),
      )
      .join('\n\n────\n\n'),
    why: pass ? (replies.at(-1)?.output.trim().slice(0, 160) ?? '') : rowReason(row),
    facts: facts.join(' · '),
    asserts: asserts.map((result) => ({ ...result, error: result.error !== undefined })),
    ...(error && { fault: `${error.code}: ${error.message}` }),
  }
}
