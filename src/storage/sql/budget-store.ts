/** Budgets in the database. */

import type { Budget, BudgetStore } from '../../ledger/port.ts'
import type { Database } from './database.ts'

type BudgetTables = {
  readonly budgets: {
    readonly id: string
    readonly org: string
    /** JSON of all but the two above: only the ledger reads it. */
    readonly terms: string
    readonly changed_at_ms: number
  }
}

export function createBudgetStore({ kysely }: Database): BudgetStore {
  const db = kysely.withTables<BudgetTables>()
  return {
    async all() {
      const rows = await db.selectFrom('budgets').selectAll().orderBy('id').execute()
      return rows.map(({ id, org, terms }) => ({
        ...(JSON.parse(terms) as Omit<Budget, 'id' | 'org'>),
        id,
        org,
      }))
    },
    async put({ id, org, ...terms }, nowMs) {
      const row = { id, org, terms: JSON.stringify(terms), changed_at_ms: nowMs }
      await db
        .insertInto('budgets')
        .values(row)
        .onConflict((conflict) =>
          conflict.column('id').doUpdateSet({ terms: row.terms, changed_at_ms: row.changed_at_ms }),
        )
        .execute()
    },
    async remove(org, id) {
      const { numDeletedRows } = await db
        .deleteFrom('budgets')
        .where('org', '=', org)
        .where('id', '=', id)
        .executeTakeFirstOrThrow()
      return numDeletedRows > 0n
    },
  }
}
