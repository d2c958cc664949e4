/** The requests and the ledger's lines of a span of time, kept up to date by what happens. */

import { queryOptions, type QueryClient } from '@tanstack/react-query'
import { ask, type Item } from '../api/client.ts'
import type { LiveEvent, RequestRow } from '../api/live-feed.ts'
import { type RangeName, ranges } from '../ranges.ts'

export type LedgerLine = Item<'GET /ledger'>

export interface History<Row> {
  /** The newest first. */
  readonly rows: readonly Row[]
  /** False where there are more in the span than are held here. */
  readonly isWhole: boolean
}

const pageSize = 1_000
const maxRows = 5_000

/** Twice the range: the second half is what the first is compared with. */
const spanOf = (range: RangeName) => 2 * ranges[range].spanMs

export const requestHistory = (range: RangeName) =>
  queryOptions({
    queryKey: ['requests', 'history', range],
    queryFn: ({ signal }) =>
      readPages((cursor) =>
        ask('GET /requests', {
          query: { from: String(Date.now() - spanOf(range)), limit: pageSize, cursor },
          signal,
        }),
      ),
    staleTime: 30_000,
  })

export const ledgerHistory = (range: RangeName) =>
  queryOptions({
    queryKey: ['ledger', 'history', range],
    queryFn: ({ signal }) =>
      readPages((cursor) =>
        ask('GET /ledger', {
          query: { from: String(Date.now() - spanOf(range)), limit: pageSize, cursor },
          signal,
        }),
      ),
    staleTime: 5_000,
  })

async function readPages<Row>(
  read: (cursor: string | undefined) => Promise<{ data: Row[]; next_cursor?: string | undefined }>,
): Promise<History<Row>> {
  const rows: Row[] = []
  let cursor: string | undefined
  do {
    const page = await read(cursor)
    rows.push(...page.data)
    cursor = page.next_cursor
  } while (cursor !== undefined && rows.length < maxRows)
  return { rows, isWhole: cursor === undefined }
}

/** Adds the requests that have just ended to what is held. */
export function addToHistory(queries: QueryClient, range: RangeName, events: readonly LiveEvent[]): void {
  const ended = events.flatMap((event) => (event.type === 'request' ? [event.request] : []))
  if (ended.length === 0) return
  queries.setQueryData<History<RequestRow>>(requestHistory(range).queryKey, (history) => {
    if (!history) return history
    const known = new Set(history.rows.slice(0, 1_000).map(({ id }) => id))
    const added = ended.filter(({ id }) => !known.has(id)).toReversed()
    const rows = [...added, ...history.rows]
    return { rows: rows.slice(0, maxRows), isWhole: history.isWhole && rows.length <= maxRows }
  })
}
