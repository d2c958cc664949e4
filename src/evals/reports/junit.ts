/** The report as JUnit XML: a suite for each arm, a case for each case, the gate's bounds as properties. */

import { groupBy } from '../figures.ts'
import type { Report } from '../report.ts'
import type { CaseRow } from '../row.ts'
import { rowReason } from './format.ts'

/** Line by line. */
export function* junitReport(report: Report): Iterable<string> {
  yield '<?xml version="1.0" encoding="UTF-8"?>'
  yield `<testsuites name="${escape(report.name)}">`
  for (const arm of report.arms) {
    const rows = report.rows.filter((row) => row.arm === arm.label)
    const cases = [...groupBy(rows, ({ caseId }) => caseId).values()]
    const failures = cases.filter((repeats) => outcomeOf(repeats) === 'failure').length
    const errors = cases.filter((repeats) => outcomeOf(repeats) === 'error').length
    const time = (rows.reduce((sum, { totalMs = 0 }) => sum + totalMs, 0) / 1_000).toFixed(3)
    yield `  <testsuite name="${escape(`${report.name} ${arm.label}`)}" tests="${cases.length}" failures="${failures}" errors="${errors}" time="${time}" timestamp="${escape(report.startedAt)}">`
    yield* properties(report, arm.label)
    for (const repeats of cases) yield testCase(report.name, repeats)
    yield '  </testsuite>'
  }
  yield '</testsuites>'
}

function properties(report: Report, label: string): string[] {
  const gate = report.comparisons.find(({ candidate }) => candidate === label)?.gate
  const pairs: [string, string][] = [
    ['runId', report.runId],
    ['suiteHash', report.suiteHash],
    ['verdict', report.verdict],
    ...(gate?.parts ?? []).flatMap(({ name, estimate, lower, upper, bound, verdict }): [string, string][] => [
      [`gate.${name}.verdict`, verdict],
      ...Object.entries({ estimate, lower, upper, bound }).flatMap(([key, value]): [string, string][] =>
        value === undefined ? [] : [[`gate.${name}.${key}`, String(value)]],
      ),
    ]),
  ]
  const lines = pairs.map(
    ([name, value]) => `      <property name="${escape(name)}" value="${escape(value)}"/>`,
  )
  return ['    <properties>', ...lines, '    </properties>']
}

function outcomeOf(repeats: readonly CaseRow[]): 'pass' | 'failure' | 'error' {
  if (repeats.some(({ status, pass }) => status === 'graded' && !pass)) return 'failure'
  return repeats.every(({ status }) => status === 'error') ? 'error' : 'pass'
}

function testCase(suite: string, repeats: readonly CaseRow[]): string {
  const [first] = repeats
  const passes = repeats.filter(({ status, pass }) => status === 'graded' && pass).length
  const time = (repeats.reduce((sum, { totalMs = 0 }) => sum + totalMs, 0) / 1_000).toFixed(3)
  const head = `    <testcase classname="${escape(suite)}" name="${escape(first!.caseId)}" time="${time}"`
  const outcome = outcomeOf(repeats)
  if (outcome === 'pass') return `${head}/>`
  const worst = repeats.find(({ status, pass }) =>
    outcome === 'error' ? status === 'error' : !pass && status === 'graded',
  )!
  const message = `${passes} of ${repeats.length} passed; ${rowReason(worst)}`
  const output = worst.replies.at(-1)?.output ?? ''
  return `${head}>\n      <${outcome} message="${escape(message)}">${escape(output)}</${outcome}>\n    </testcase>`
}

/** Characters that XML cannot hold at all become question marks. */
function escape(text: string): string {
  return text
    .replace(/[^\t\n\r\u{20}-\u{D7FF}\u{E000}-\u{FFFD}\u{10000}-\u{10FFFF}]/gu, '?')
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
}
