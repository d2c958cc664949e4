/** The rows as a table for spreadsheets. */

import type { CaseRow } from '../row.ts'
import { rowReason } from './format.ts'

const header = [
  'case',
  'arm',
  'repeat',
  'status',
  'pass',
  'score',
  'model',
  'total_ms',
  'ttft_ms',
  'cost_usd',
  'input_tokens',
  'output_tokens',
  'reason',
  'output',
]

/** Line by line. */
export function* csvReport(rows: readonly CaseRow[]): Iterable<string> {
  yield header.join(',')
  for (const row of rows) {
    const cells = [
      row.caseId,
      row.arm,
      row.repeat + 1,
      row.status,
      row.pass,
      row.score,
      row.model,
      row.totalMs,
      row.firstTokenMs,
      row.costNanoUsd === undefined ? undefined : row.costNanoUsd / 1e9,
      row.usage?.inputTokens,
      row.usage?.outputTokens,
      row.pass ? '' : rowReason(row),
      row.replies.at(-1)?.output,
    ]
    yield cells.map(quoted).join(',')
  }
}

/** A cell that a spreadsheet would take for a formula begins with a quote mark. */
function quoted(value: string | number | boolean | undefined): string {
  const text = value === undefined ? '' : String(value)
  const safe = typeof value === 'string' && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\n\r]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
