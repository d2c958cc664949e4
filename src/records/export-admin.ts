/** The administration route that hands out all requests of a search, as lines for spreadsheets and for programs. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { csvLine } from '../core/csv.ts'
import { asObject, type JsonObject } from '../core/json.ts'
import { type RecordRouteParts, toSummary } from './admin.ts'
import type { RecordFilters } from './port.ts'
import { filterShape, searchAll, toFilters } from './search-query.ts'

/** As the search names them; the counts of tokens stand in columns of their own. */
const columns = (
  'id created_at status code dialect operation requested_model route revision provider model key_id key_name user ' +
  'session tags stream input_tokens output_tokens cache_read_tokens cost_usd first_token_ms duration_ms overhead_ms ' +
  'attempt_count cache contract finish client_gone message'
).split(' ')

/** Between two pages other requests get their turn. */
const pageSize = 500

/** `GET /requests/export`; it stands before `/requests/{id}`. */
export function exportRoutes({
  store,
  keysOfTeams,
}: Pick<RecordRouteParts, 'store' | 'keysOfTeams'>): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/requests/export',
      policy: 'requests:read',
      summary: 'All requests of a search, newest first: a line each, as CSV or JSON Lines.',
      query: z.strictObject({ ...filterShape, format: z.enum(['csv', 'jsonl']).default('csv') }),
      run({ org, teams, query: { format, ...query } }) {
        const filters = toFilters({ org, query, teams }, keysOfTeams)
        const lines = format === 'csv' ? csv(rowsOf(store, filters)) : jsonLines(rowsOf(store, filters))
        const contentType = format === 'csv' ? 'text/csv; charset=utf-8' : 'application/x-ndjson'
        return { content: { contentType, bytes: lines } }
      },
    }),
  ]
}

async function* rowsOf(
  store: RecordRouteParts['store'],
  filters: RecordFilters,
): AsyncGenerator<readonly JsonObject[]> {
  for (let cursor: string | undefined, isFirst = true; isFirst || cursor !== undefined; isFirst = false) {
    const page = await searchAll(store, {
      ...filters,
      limit: pageSize,
      ...(cursor !== undefined && { cursor }),
    })
    yield page.data.map(toSummary)
    cursor = page.nextCursor
  }
}

async function* csv(pages: AsyncIterable<readonly JsonObject[]>): AsyncGenerator<Uint8Array> {
  yield Buffer.from(`${columns.join(',')}\r\n`)
  for await (const rows of pages) {
    yield Buffer.from(rows.map((row) => `${csvLine(columns, flat(row))}\r\n`).join(''))
  }
}

async function* jsonLines(pages: AsyncIterable<readonly JsonObject[]>): AsyncGenerator<Uint8Array> {
  for await (const rows of pages) yield Buffer.from(rows.map((row) => `${JSON.stringify(row)}\n`).join(''))
}

function flat({ usage, cache, ...row }: JsonObject): JsonObject {
  const counts = asObject(usage)
  return {
    ...row,
    input_tokens: counts?.['input_tokens'],
    output_tokens: counts?.['output_tokens'],
    cache_read_tokens: counts?.['cache_read_tokens'],
    cache: asObject(cache)?.['outcome'],
  }
}
