/** Reads any of a provider's exports into the sums of a bill. */

import { GatewayError } from '../core/error.ts'
import { type Json, parseJson } from '../core/json.ts'
import { type BillItem, type BillRow, sumOf } from './bill.ts'
import { readBillCsv } from './bill-csv.ts'
import { readBillPage } from './bill-formats.ts'
import { dayMs } from './period.ts'

/** Reads exports: JSON (a page, a list of pages, or one to a line) or CSV. Throws `invalid_request`. */
export function readBill(exports: readonly string[]): readonly BillRow[] {
  const rows = new Map<string, BillRow>()
  exports.forEach((text, at) => {
    for (const item of itemsOf(text, `exports.${at}`)) add(rows, item)
  })
  return [...rows.values()]
}

function itemsOf(text: string, param: string): readonly BillItem[] {
  const pages = pagesOf(text)
  if (pages === undefined) return readBillCsv(text, param)
  const items = pages.map(readBillPage)
  if (items.length === 0 || items.includes(undefined)) {
    throw new GatewayError(
      'invalid_request',
      'The export is none of those known: usage and costs of OpenAI, usage and cost report of Anthropic, ' +
        'generations and activity of OpenRouter, CSV.',
      { param },
    )
  }
  return items.flatMap((each) => each ?? [])
}

/** Undefined where the text is not JSON. */
function pagesOf(text: string): readonly Json[] | undefined {
  const whole = parseJson(text)
  const values = whole === undefined ? linesOf(text) : [whole]
  return values?.flatMap((value) => (Array.isArray(value) ? (value as Json[]) : [value]))
}

function linesOf(text: string): Json[] | undefined {
  const values = text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map(parseJson)
  return values.length > 0 && values.every((value) => value !== undefined) ? values : undefined
}

function add(rows: Map<string, BillRow>, { atMs, model, ...figures }: BillItem): void {
  const day = atMs - (atMs % dayMs)
  const key = `${day} ${model ?? ''}`
  const before = rows.get(key) ?? { dayMs: day, ...(model !== undefined && { model }) }
  rows.set(key, { ...before, ...sumOf(before, figures) })
}
