/** Hands a file to the browser: a text as it is, or a table as comma-separated values. */

import { csvOf } from '../format/csv.ts'
import type { Column } from './data-table.tsx'

/** Columns that are neither text nor say how they read as text are left out. */
export function downloadCsv<Thing>(
  name: string,
  columns: readonly Column<Thing>[],
  things: readonly Thing[],
): void {
  const readable = columns.filter(
    ({ text, cell }) => text !== undefined || typeof cell(things[0]!) === 'string',
  )
  const rows = things.map((thing) =>
    readable.map(({ text, cell }) => {
      if (text) return text(thing)
      const told = cell(thing)
      return typeof told === 'string' ? told : ''
    }),
  )
  downloadText(`${name}.csv`, csvOf([readable.map(({ title }) => title), ...rows]), 'text/csv')
}

export function downloadText(name: string, text: string, type = 'application/json'): void {
  const link = document.createElement('a')
  link.href = URL.createObjectURL(new Blob([text], { type }))
  link.download = name
  link.click()
  URL.revokeObjectURL(link.href)
}
