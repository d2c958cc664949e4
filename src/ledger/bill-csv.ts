/** A bill as CSV with a head: its columns go by the names that exports and spreadsheets give them. */

import { GatewayError } from '../core/error.ts'
import { defined } from '../core/json.ts'
import { parseCsv } from '../judgement/suite/csv.ts'
import type { BillItem } from './bill.ts'
import { count, timeOf, usd } from './bill-formats.ts'

/** Compared without case, spaces and signs. */
const names = {
  at: words('date day usagedate starttime startingat createdat timestamp chargeperiodstart'),
  model: words('model modelversion modelpermaslug skuid'),
  requests: words('requests nummodelrequests requestcount calls'),
  inputTokens: words('inputtokens prompttokens tokensprompt nativetokensprompt'),
  uncachedInputTokens: words('uncachedinputtokens usageinputtokensnocache'),
  cacheReadTokens: words(
    'cachereadtokens inputcachedtokens cachedtokens cachereadinputtokens usageinputtokenscacheread nativetokenscached',
  ),
  cacheWrite5mTokens: words('cachewritetokens cachecreationinputtokens usageinputtokenscachewrite5m'),
  cacheWrite1hTokens: words('usageinputtokenscachewrite1h'),
  outputTokens: words(
    'outputtokens completiontokens tokenscompletion nativetokenscompletion usageoutputtokens',
  ),
  cost: words('costusd cost amountusd amount amountvalue totalcost costtotal billedcost usage'),
} as const

function words(text: string): readonly string[] {
  return text.split(' ')
}

type Column = keyof typeof names

/** Throws `invalid_request`. */
export function readBillCsv(text: string, param: string): readonly BillItem[] {
  const table = parseCsv(text)
  if ('fault' in table) throw refusal(`Line ${table.line} of the CSV: ${table.fault}.`, param)
  const [head, ...rows] = table.rows
  const places = placesOf(head?.cells ?? [])
  if (places.at === undefined)
    throw refusal('The export is neither JSON nor CSV with a column `date`.', param)
  const figures: readonly Column[] = ['cost', 'inputTokens', 'uncachedInputTokens', 'outputTokens']
  if (figures.every((column) => places[column] === undefined)) {
    throw refusal('The CSV has no column of costs (`cost_usd`) or tokens (`input_tokens`).', param)
  }
  return rows.map(({ cells, line }) => {
    const item = toItem((column) => cells[places[column] ?? -1] ?? '')
    if (item) return item
    throw refusal(`Line ${line} of the CSV has no date that can be read.`, param)
  })
}

function placesOf(head: readonly string[]): Partial<Record<Column, number>> {
  const plain = head.map((cell) => cell.toLowerCase().replace(/[^a-z0-9]/g, ''))
  const places: Partial<Record<Column, number>> = {}
  for (const [column, known] of Object.entries(names) as [Column, readonly string[]][]) {
    const name = known.find((each) => plain.includes(each))
    if (name !== undefined) places[column] = plain.indexOf(name)
  }
  return places
}

function toItem(cell: (column: Column) => string): BillItem | undefined {
  const atMs = timeOf(cell('at'))
  if (atMs === undefined) return undefined
  const cacheReadTokens = count(cell('cacheReadTokens'))
  const uncached = count(cell('uncachedInputTokens'))
  const written = (count(cell('cacheWrite5mTokens')) ?? 0) + (count(cell('cacheWrite1hTokens')) ?? 0)
  return defined({
    atMs,
    model: cell('model') === '' ? undefined : cell('model'),
    requests: count(cell('requests')),
    inputTokens:
      uncached === undefined ? count(cell('inputTokens')) : uncached + written + (cacheReadTokens ?? 0),
    cacheReadTokens,
    outputTokens: count(cell('outputTokens')),
    costNanoUsd: usd(cell('cost')),
  })
}

function refusal(message: string, param: string): GatewayError {
  return new GatewayError('invalid_request', message, { param })
}
