/** The forms in which lines of the ledger leave it: CSV, JSON Lines, and CSV with the columns of FOCUS. */

import { csvLine } from '../core/csv.ts'
import type { JsonObject } from '../core/json.ts'
import type { LedgerLine } from './admin.ts'
import { focusColumns, toFocusRow } from './focus.ts'

export const exportFormats = ['csv', 'jsonl', 'focus'] as const

export type ExportFormat = (typeof exportFormats)[number]

/** As the administration API names them. */
const columns = (
  'seq kind request_id attempt started_at settled_at operation dialect stream route provider model reported_model ' +
  'credential key_id key_name team user session tags input_tokens output_tokens cache_read_tokens ' +
  'cache_write_tokens cache_write_1h_tokens reasoning_tokens usage_source flags reserved_usd provider_cost_usd ' +
  'charged_usd saved_usd price_version tier status code provider_request_id'
).split(' ')

interface Form {
  readonly contentType: string
  /** The line above all others, without its end. */
  readonly head?: string
  /** Without its end; undefined for lines that the form does not have. */
  lineOf(line: LedgerLine): string | undefined
}

const csvType = 'text/csv; charset=utf-8'

export const exportForms: Readonly<Record<ExportFormat, Form>> = {
  csv: {
    contentType: csvType,
    head: columns.join(','),
    lineOf: (line) => csvLine(columns, line as unknown as JsonObject),
  },
  jsonl: { contentType: 'application/x-ndjson', lineOf: (line) => JSON.stringify(line) },
  focus: {
    contentType: csvType,
    head: focusColumns.join(','),
    lineOf(line) {
      const row = toFocusRow(line)
      return row && csvLine(focusColumns, row)
    },
  },
}
