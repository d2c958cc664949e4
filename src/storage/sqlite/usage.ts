/** Reports of what was used, from the rollups and from the lines that are not in them yet. */

import type { SQLInputValue } from 'node:sqlite'
import type { LedgerStore } from '../../ledger/port.ts'
import { toUsagePage, usageQuery, type UsageResult } from '../usage-query.ts'
import { createQueryBuilder } from './kysely.ts'
import type { Reader } from './reader.ts'
import { groupedLines } from './rollups.ts'

const builder = createQueryBuilder<unknown>()

export function createUsage(reader: Pick<Reader, 'all'>): LedgerStore['usage'] {
  return async (query) => {
    const { sql, parameters } = usageQuery(query, {
      sums: 'rollups',
      missing: (kind) => groupedLines(kind, 'hour', 'seq > (select seq from rollup_state)'),
    }).compile(builder)
    const rows = await reader.all(sql, parameters as readonly SQLInputValue[])
    return toUsagePage(rows as UsageResult[], query)
  }
}
