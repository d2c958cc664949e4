/** The journal's lines that are still to be shipped: those after a mark, which is kept beside them in the file. */

import type { DatabaseSync } from 'node:sqlite'
import type { Outbox, Shipment } from '../../ledger/port.ts'
import type { EntryRow } from './ledger-migrations.ts'

/** The outbox over the ledger's own database. */
export function createOutbox(database: DatabaseSync): Outbox<EntryRow> {
  const findMark = database.prepare('select seq from shipping')
  const setMark = database.prepare('update shipping set seq = ?')
  const findLast = database.prepare('select coalesce(max(seq), 0) as seq from ledger')
  const findLines = database.prepare('select * from ledger where seq > ? and seq <= ? order by seq limit ?')
  const findPrice = database.prepare('select price from price_versions where version = ?')
  const number = (row: Record<string, unknown> | undefined, name: string) => Number(row![name])
  const mark = (): number => number(findMark.get(), 'seq')
  const between = (from: number, to: number, limit: number): Shipment<EntryRow> | undefined => {
    const lines = findLines.all(from, to, limit) as unknown as EntryRow[]
    const last = lines.at(-1)
    if (last === undefined) return undefined
    const prices = [...new Set(lines.map(({ price_version: version }) => version))].flatMap((version) => {
      const text = findPrice.get(version)?.['price']
      return typeof text === 'string' ? [[version, text] as const] : []
    })
    return { lines, prices, lastSeq: last.seq }
  }
  return {
    get waiting() {
      // Numbers follow each other, but where lines were deleted: then it is too many.
      return number(findLast.get(), 'seq') - mark()
    },
    next: (limit) => between(mark(), Number.MAX_SAFE_INTEGER, limit),
    shipped: (lastSeq) => void setMark.run(lastSeq),
    shippedAfter: (seq, limit) => between(seq, mark(), limit),
  }
}
