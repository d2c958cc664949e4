/** Reads all rows of a run, page by page. */

import type { CaseRow, EvalStore } from './port.ts'

export async function allRows(store: EvalStore, org: string, runId: string): Promise<CaseRow[]> {
  const rows: CaseRow[] = []
  let cursor: string | undefined
  do {
    const page = await store.rows(org, runId, { limit: 1_000, ...(cursor !== undefined && { cursor }) })
    rows.push(...page.data)
    cursor = page.nextCursor
  } while (cursor !== undefined)
  return rows
}
