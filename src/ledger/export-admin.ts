/** The administration route that hands out the lines of the ledger, for spreadsheets, for programs and for FinOps. */

import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { lineFilters, type SharedBooks, toLedgerQuery, toLine } from './admin.ts'
import { type ExportFormat, exportForms, exportFormats } from './export.ts'
import type { LedgerQuery, LedgerStore } from './port.ts'
import { withinTeams } from './team-scope.ts'

export interface ExportParts {
  readonly store: Pick<LedgerStore, 'search'>
  readonly shared?: Pick<SharedBooks, 'search'> | undefined
}

const pageSize = 500

/** `GET /ledger/export`. */
export function exportRoutes({ store, shared }: ExportParts): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/ledger/export',
      policy: 'requests:read',
      summary: 'All lines of the ledger that match, the last settled first: as CSV, JSON Lines or FOCUS 1.2.',
      query: z.strictObject({ ...lineFilters, format: z.enum(exportFormats).default('csv') }),
      run({ org, teams, query: { format, ...query } }) {
        const wanted = { ...toLedgerQuery(org, withinTeams(query, teams)), limit: pageSize }
        const { contentType } = exportForms[format]
        return { content: { contentType, bytes: bytesOf(shared ?? store, wanted, format) } }
      },
    }),
  ]
}

async function* bytesOf(
  books: Pick<LedgerStore | SharedBooks, 'search'>,
  query: LedgerQuery,
  format: ExportFormat,
): AsyncGenerator<Uint8Array> {
  const { head, lineOf } = exportForms[format]
  const end = format === 'jsonl' ? '\n' : '\r\n'
  if (head !== undefined) yield Buffer.from(head + end)
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const page = await books.search({ ...query, ...(cursor !== undefined && { cursor }) })
    const lines = page.data.flatMap((entry) => lineOf(toLine(entry)) ?? [])
    yield Buffer.from(lines.map((line) => line + end).join(''))
    cursor = page.nextCursor
    // Between two pages other requests get their turn.
    await setImmediate()
  }
}
