/** Lines of journals as PostgreSQL can store them. */

import type { EntryRow } from '../sqlite/ledger-migrations.ts'
import { storable } from './storable.ts'

/** All of them in one value. */
export function toJson(lines: readonly EntryRow[]): string {
  const text = JSON.stringify(lines)
  // Few texts hold what PostgreSQL cannot store.
  return /\\u(?:0000|d[89a-f])/i.test(text) ? JSON.stringify(lines.map(storableLine)) : text
}

/** Tags are JSON within the line, which PostgreSQL reads too. */
export function storableLine(line: EntryRow): EntryRow {
  const entries = Object.entries(line).map(([name, value]) => [name, storable(value as unknown)])
  const tags = line.tags === null ? null : JSON.stringify((JSON.parse(line.tags) as string[]).map(storable))
  return { ...(Object.fromEntries(entries) as unknown as EntryRow), tags }
}
