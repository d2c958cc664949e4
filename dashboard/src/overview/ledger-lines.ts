/** The ledger's lines since some time, as many as a page can hold. */

import { ask, type Item } from '../api/client.ts'

const pageSize = 1_000
const maxLines = 5_000

export async function readLines(
  fromMs: number,
  signal: AbortSignal,
): Promise<{ readonly lines: readonly Item<'GET /ledger'>[]; readonly isWhole: boolean }> {
  const lines: Item<'GET /ledger'>[] = []
  let cursor: string | undefined
  do {
    const page = await ask('GET /ledger', {
      query: { from: String(fromMs), limit: pageSize, cursor },
      signal,
    })
    lines.push(...page.data)
    cursor = page.next_cursor
  } while (cursor !== undefined && lines.length < maxLines)
  return { lines, isWhole: cursor === undefined }
}
