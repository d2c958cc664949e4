/** Reads the rows of a run, page by page: whole, or only as much of each as the figures are made from. */

import { createHash } from 'node:crypto'
import { normalisedAnswer } from './figures.ts'
import type { CaseRow, EvalStore } from './port.ts'

const pageSize = 200

/** With `keep`, what is kept of each row: a run of many long answers need not be in memory at once. */
export async function* rowPages(
  store: Pick<EvalStore, 'rows'>,
  org: string,
  runId: string,
  keep: (row: CaseRow) => CaseRow,
): AsyncIterable<CaseRow[]> {
  let cursor: string | undefined
  do {
    const page = await store.rows(org, runId, { limit: pageSize, ...(cursor !== undefined && { cursor }) })
    yield page.data.map(keep)
    cursor = page.nextCursor
  } while (cursor !== undefined)
}

/** What the figures are made from: an answer is told by its hash, so that equal ones stay equal. */
export function withoutTexts(row: CaseRow): CaseRow {
  const hash = createHash('sha256').update(normalisedAnswer(row)).digest('hex').slice(0, 16)
  return {
    ...row,
    replies: [{ output: `answer ${hash}`, toolCalls: [] }],
    asserts: row.asserts
      .filter(({ metric }) => metric !== undefined)
      .map((result) => ({ ...result, reason: '' })),
  }
}

/** Enough of a row to know that it is there, and what it cost. */
export function withoutDetails(row: CaseRow): CaseRow {
  return { ...row, replies: [], asserts: [], tags: [] }
}
