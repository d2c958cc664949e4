/** The ledger's lines of some time, as many as a page can hold. */

import { ask, type Item } from '../api/client.ts'
import type { UsageFilter } from '../api/usage.ts'
import type { Bounds } from '../ranges.ts'

const pageSize = 1_000
const maxLines = 5_000

export async function readLines(
  { fromMs, toMs }: Bounds,
  where: UsageFilter,
  signal: AbortSignal,
): Promise<{ readonly lines: readonly Item<'GET /ledger'>[]; readonly isWhole: boolean }> {
  const lines: Item<'GET /ledger'>[] = []
  let cursor: string | undefined
  do {
    const page = await ask('GET /ledger', {
      query: { ...where, from: String(fromMs), to: String(toMs), limit: pageSize, cursor },
      signal,
    })
    lines.push(...page.data)
    cursor = page.next_cursor
  } while (cursor !== undefined && lines.length < maxLines)
  return { lines, isWhole: cursor === undefined }
}
