/** Holds a provider's bill against the ledger, day by day and model by model, and says where a difference comes from. */

import { formatUsd } from '../core/money.ts'
import { type BillFigures, type BillRow, figureNames, sumOf } from './bill.ts'
import { dayMs } from './period.ts'
import type { UsageRow } from './port.ts'

/** What the ledger has of a day and model. */
export interface BookFigures extends Required<BillFigures> {
  /** Attempts that failed: the provider may count them or not. */
  readonly errors: number
  readonly estimated: number
  readonly unpriced: number
}

export interface Comparison {
  readonly dayMs: number
  /** As the ledger names it, else as the bill does; absent: all models together. */
  readonly model?: string
  readonly bill: BillFigures
  readonly book: BookFigures
  /** Of the figures that the bill tells, those that differ by more than may be. Empty: they agree. */
  readonly differing: readonly (keyof BillFigures)[]
  /** A sentence for each cause that the figures show. */
  readonly causes: readonly string[]
}

/** Counts are compared as 0.5 %, money as 1 % and 0.10 USD: what rounding and late rows of exports make. */
const countTolerance = 0.005
const costTolerance = 0.01
const costFloorNanoUsd = 100_000_000

/** `usage` is of the provider alone, by day and model, over the days of the bill. */
export function reconcile(
  bill: readonly BillRow[],
  usage: readonly UsageRow[],
  nowMs: number,
): readonly Comparison[] {
  const books = new Books(usage)
  const comparisons = [...merged(bill).values()].map((row) => {
    const { names, figures } = books.take(row)
    return compare(row, names[0] ?? row.model, figures, nowMs)
  })
  // Days that the bill tells by the model have nothing that it does not tell.
  const days = new Set(bill.filter(({ model }) => model !== undefined).map((row) => row.dayMs))
  for (const { at, model, figures } of books.left()) {
    if (days.has(at) && figures.requests > 0) comparisons.push(compare({ dayMs: at }, model, figures, nowMs))
  }
  return comparisons.toSorted(
    (one, other) => one.dayMs - other.dayMs || compareText(one.model ?? '', other.model ?? ''),
  )
}

function compareText(one: string, other: string): number {
  return one < other ? -1 : Number(one > other)
}

/** Dated snapshots and their aliases are one model: the ledger has the name that was asked for. */
export function plainModel(model: string): string {
  return model
    .toLowerCase()
    .replaceAll(' ', '-')
    .replace(/-(?:latest|\d{4}-\d\d-\d\d|20\d{6})$/, '')
}

function merged(bill: readonly BillRow[]): Map<string, BillRow> {
  const rows = new Map<string, BillRow>()
  for (const row of bill) {
    const key = keyOf(row.dayMs, row.model)
    const before = rows.get(key)
    rows.set(key, before ? { ...before, ...sumOf(before, row) } : row)
  }
  return rows
}

function keyOf(atMs: number, model: string | undefined): string {
  return `${atMs} ${model === undefined ? '' : plainModel(model)}`
}

const nothing: BookFigures = {
  requests: 0,
  inputTokens: 0,
  cacheReadTokens: 0,
  outputTokens: 0,
  costNanoUsd: 0,
  errors: 0,
  estimated: 0,
  unpriced: 0,
}

interface Book {
  readonly at: number
  readonly names: string[]
  figures: BookFigures
  isTaken: boolean
}

class Books {
  readonly #byModel = new Map<string, Book>()

  constructor(usage: readonly UsageRow[]) {
    // The dearest name of a model comes first: corrections go under it.
    for (const row of usage) {
      const at = row.dayMs!
      const key = keyOf(at, row.model ?? '')
      const book = this.#byModel.get(key) ?? { at, names: [], figures: nothing, isTaken: false }
      book.names.push(row.model ?? '')
      book.figures = added(book.figures, toFigures(row))
      this.#byModel.set(key, book)
    }
  }

  take({ dayMs: at, model }: BillRow): { names: readonly string[]; figures: BookFigures } {
    if (model !== undefined) {
      const book = this.#byModel.get(keyOf(at, model))
      if (book) book.isTaken = true
      return book ?? { names: [], figures: nothing }
    }
    const ofDay = [...this.#byModel.values()].filter((book) => book.at === at)
    return { names: [], figures: ofDay.reduce((sum, { figures }) => added(sum, figures), nothing) }
  }

  left(): { at: number; model: string; figures: BookFigures }[] {
    return [...this.#byModel.values()]
      .filter(({ isTaken }) => !isTaken)
      .map(({ at, names, figures }) => ({ at, model: names[0]!, figures }))
  }
}

function toFigures(row: UsageRow): BookFigures {
  return {
    requests: row.attempts,
    inputTokens: row.inputTokens,
    cacheReadTokens: row.cacheReadTokens,
    outputTokens: row.outputTokens,
    costNanoUsd: Number(row.providerCostNanoUsd),
    errors: row.errors,
    estimated: row.estimated,
    unpriced: row.unpriced,
  }
}

function added(one: BookFigures, other: BookFigures): BookFigures {
  const names = Object.keys(one) as (keyof BookFigures)[]
  return Object.fromEntries(names.map((name) => [name, one[name] + other[name]])) as unknown as BookFigures
}

function compare(
  { dayMs: at, ...rest }: BillRow,
  model: string | undefined,
  book: BookFigures,
  nowMs: number,
): Comparison {
  const { model: _, ...bill } = rest
  // A model that the bill does not name was not billed.
  const told: BillFigures = Object.keys(bill).length === 0 ? { requests: 0, costNanoUsd: 0 } : bill
  const differing = figureNames.filter((name) => told[name] !== undefined && differs(name, told[name], book))
  return {
    dayMs: at,
    ...(model !== undefined && { model }),
    bill: told,
    book,
    differing,
    causes: differing.length === 0 ? [] : causesOf(told, book, differing, at + dayMs > nowMs),
  }
}

function differs(name: keyof BillFigures, billed: number, book: BookFigures): boolean {
  const booked = book[name]
  if (name === 'costNanoUsd') {
    return Math.abs(billed - booked) > Math.max(costFloorNanoUsd, Math.abs(billed) * costTolerance)
  }
  const tolerance = Math.abs(billed) * countTolerance
  // Whether failed calls count is the provider's own matter.
  const least = name === 'requests' ? booked - book.errors : booked
  return billed < least - tolerance || billed > booked + tolerance
}

function causesOf(
  bill: BillFigures,
  book: BookFigures,
  differing: readonly (keyof BillFigures)[],
  isOpen: boolean,
): string[] {
  const causes: string[] = []
  const add = (isSo: boolean, cause: string) => isSo && causes.push(cause)
  const { requests, inputTokens, costNanoUsd } = bill
  const differsIn = (name: keyof BillFigures) => differing.includes(name)
  const hasBooked = book.requests > 0
  const isUnbilled = (requests ?? inputTokens ?? costNanoUsd ?? 0) === 0
  const tokensAgree = inputTokens !== undefined && !differsIn('inputTokens') && !differsIn('outputTokens')
  add(isOpen, 'the day is not over: what was used since the export is missing in it')
  add(
    !hasBooked,
    "no call went through the gateway: the provider's key is used elsewhere, or the model has another name",
  )
  add(
    hasBooked && isUnbilled,
    'the export does not have it: another project or organisation of the provider, or another name',
  )
  add(
    hasBooked && !isUnbilled && requests !== undefined && requests > book.requests,
    `the provider counts ${requests! - book.requests} calls more: its key is used beside the gateway, or somebody retries behind it`,
  )
  add(
    hasBooked && !isUnbilled && differsIn('requests') && requests! < book.requests,
    `the provider counts ${book.requests - requests!} calls less: rows of the export are late, or of another project`,
  )
  add(
    book.estimated > 0,
    `${book.estimated} attempts were counted by the gateway itself: the provider had not told their usage`,
  )
  add(
    differsIn('costNanoUsd') && book.unpriced > 0,
    `${book.unpriced} attempts have no price here, or a part of them has none: set it in \`models\``,
  )
  add(
    differsIn('cacheReadTokens') && !differsIn('inputTokens'),
    "the reads from the provider's cache are counted differently",
  )
  add(
    tokensAgree && differsIn('costNanoUsd') && hasBooked && book.unpriced === 0,
    `the tokens agree, the price does not: ${formatUsd(costNanoUsd!)} USD were billed, the price here makes ${formatUsd(book.costNanoUsd)}`,
  )
  if (causes.length === 0) causes.push('the figures alone do not show why')
  return causes
}
