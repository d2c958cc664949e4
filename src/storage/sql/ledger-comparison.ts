/** Holds lines of a journal against those that the shared ledger has of it. */

import type { Comparison } from '../../ledger/port.ts'
import type { EntryRow } from '../sqlite/ledger-migrations.ts'
import type { Database } from './database.ts'
import { storableLine } from './ledger-lines.ts'
import { lineColumns } from './ledger-migrations.ts'
import { readRetention } from './ledger-retention.ts'
import { storable } from './storable.ts'

type Tables = { readonly ledger: EntryRow & { readonly correction: number } }

/** Lines of dropped months are not looked for. */
export async function compareLines(
  kysely: Database['kysely'],
  all: readonly EntryRow[],
): Promise<Comparison> {
  const { droppedBeforeMs } = await readRetention(kysely)
  const lines = all.filter(({ at_ms: atMs }) => atMs >= droppedBeforeMs)
  if (lines.length === 0) return { compared: 0, differences: [] }
  const found = await kysely
    .withTables<Tables>()
    .selectFrom('ledger')
    .selectAll()
    .where('request_id', 'in', [...new Set(lines.map((line) => storable(line.request_id)))])
    .execute()
  const byIdentity = new Map(found.map((row) => [identityOf(row, row.correction), row]))
  return {
    compared: lines.length,
    differences: lines.flatMap((line) =>
      differenceOf(line, byIdentity.get(identityOf(line, correctionOf(line)))),
    ),
  }
}

function correctionOf({ kind, seq }: EntryRow): number {
  return kind === 'adjust' ? seq : 0
}

function identityOf({ request_id: id, attempt, kind }: EntryRow, correction: number): string {
  return JSON.stringify([storable(id), attempt, kind, correction])
}

function differenceOf(line: EntryRow, found: EntryRow | undefined): string[] {
  const name = `${line.request_id} attempt ${line.attempt} (${line.kind})`
  if (found === undefined) return [`${name}: is marked as shipped, and the shared ledger does not have it`]
  const columns = Object.keys(lineColumns) as (keyof typeof lineColumns)[]
  const stored = storableLine(line)
  const differing = columns.filter((column) => stored[column] !== found[column])
  return differing.length === 0 ? [] : [`${name}: differs in the shared ledger in ${differing.join(', ')}`]
}
