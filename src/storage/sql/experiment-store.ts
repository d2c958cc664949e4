/** Experiments, the outcomes of their units and the moments of these in the database. */

import { sql, type Transaction } from 'kysely'
import {
  type ArmMoments,
  type ExperimentKey,
  type ExperimentStore,
  type Metric,
  metrics,
  type StoredExperiment,
  type UnitOutcomes,
} from '../../experiments/port.ts'
import type { Database } from './database.ts'
import { createLooks, type LookRow } from './experiment-looks.ts'

interface ExperimentRow {
  readonly org: string
  readonly route: string
  readonly name: string
  readonly version: number
  readonly started_at_ms: number
  readonly body: string
}

type Counted = { readonly [Column in `${Metric}_n` | `${Metric}_total`]: number }
type UnitRow = Counted & {
  readonly org: string
  readonly route: string
  readonly name: string
  readonly unit: string
  readonly arm: string
}

interface MomentsRow {
  readonly org: string
  readonly route: string
  readonly name: string
  readonly arm: string
  readonly metric: string
  readonly units: number
  readonly outcomes: number
  readonly sum: number
  readonly squares: number
  readonly expected_units: number
}

/** Not an interface: Kysely asks for an index signature, which only an alias has. */
type ExperimentTables = {
  readonly experiments: ExperimentRow
  readonly experiment_units: UnitRow
  readonly experiment_moments: MomentsRow
  readonly experiment_looks: LookRow
}

const unitsPerQuery = 500

export function createExperimentStore(database: Database): ExperimentStore {
  const db = database.kysely.withTables<ExperimentTables>()
  return {
    ...createLooks(db),
    async all() {
      const rows = await db.selectFrom('experiments').selectAll().orderBy('started_at_ms', 'desc').execute()
      return rows.map(toExperiment)
    },
    async open(experiment) {
      await db
        .insertInto('experiments')
        .values(toRow(experiment))
        .onConflict((conflict) => conflict.doNothing())
        .execute()
    },
    async change(experiment) {
      const { org, route, name, version } = experiment
      const { body } = toRow(experiment)
      const result = await db
        .updateTable('experiments')
        .set({ body, version })
        .where('org', '=', org)
        .where('route', '=', route)
        .where('name', '=', name)
        .where('version', '=', version - 1)
        .executeTakeFirst()
      return result.numUpdatedRows === 1n
    },
    async add(key, units, shares) {
      // One order for all writers: two instances that add to the same units do not wait for each other in a ring.
      const ordered = units.toSorted((one, other) => (one.unit < other.unit ? -1 : 1))
      await database.transaction(async (untyped) => {
        const transaction = untyped.withTables<ExperimentTables>()
        const changes = new MomentChanges(shares)
        for (const unit of ordered) changes.note(await addToUnit(transaction, key, unit), unit)
        for (const change of changes.list()) await addToMoments(transaction, key, change)
      })
    },
    async moments({ org, route, name }) {
      const rows = await db
        .selectFrom('experiment_moments')
        .selectAll()
        .where('org', '=', org)
        .where('route', '=', route)
        .where('name', '=', name)
        .execute()
      return rows.map(toMoments)
    },
    async forgetUnits({ org, route, name }, units) {
      const all = db
        .deleteFrom('experiment_units')
        .where('org', '=', org)
        .where('route', '=', route)
        .where('name', '=', name)
      if (units === undefined) return Number((await all.executeTakeFirstOrThrow()).numDeletedRows)
      let deleted = 0
      for (let at = 0; at < units.length; at += unitsPerQuery) {
        const some = all.where('unit', 'in', units.slice(at, at + unitsPerQuery))
        deleted += Number((await some.executeTakeFirstOrThrow()).numDeletedRows)
      }
      return deleted
    },
  }
}

function toRow({ org, route, name, version, startedAtMs, ...rest }: StoredExperiment): ExperimentRow {
  return { org, route, name, version, started_at_ms: startedAtMs, body: JSON.stringify(rest) }
}

function toExperiment({ org, route, name, version, started_at_ms, body }: ExperimentRow): StoredExperiment {
  const rest = JSON.parse(body) as Omit<
    StoredExperiment,
    'org' | 'route' | 'name' | 'version' | 'startedAtMs'
  >
  return { org, route, name, version, startedAtMs: started_at_ms, ...rest }
}

function toMoments({ expected_units: expectedUnits, metric, ...row }: MomentsRow): ArmMoments {
  const { arm, units, outcomes, sum, squares } = row
  return { arm, metric: metric as Metric, units, outcomes, sum, squares, expectedUnits }
}

const countedColumns = metrics.flatMap((metric) => [`${metric}_n`, `${metric}_total`] as const)

/** Gives the unit as it is then. */
function addToUnit(
  transaction: Transaction<ExperimentTables>,
  { org, route, name }: ExperimentKey,
  { unit, arm, outcomes }: UnitOutcomes,
): Promise<UnitRow> {
  const counted = Object.fromEntries(
    metrics.flatMap((metric) => {
      const { n, total } = outcomes.get(metric) ?? { n: 0, total: 0 }
      return [
        [`${metric}_n`, n],
        [`${metric}_total`, total],
      ]
    }),
  ) as unknown as Counted
  return transaction
    .insertInto('experiment_units')
    .values({ org, route, name, unit, arm, ...counted })
    .onConflict((conflict) =>
      conflict
        .columns(['org', 'route', 'name', 'unit'])
        .doUpdateSet(
          Object.fromEntries(
            countedColumns.map((column) => [
              column,
              sql`${sql.ref(`experiment_units.${column}`)} + ${sql.ref(`excluded.${column}`)}`,
            ]),
          ),
        ),
    )
    .returningAll()
    .executeTakeFirstOrThrow()
}

/** What a group of units changes in the moments of their arms. */
class MomentChanges {
  readonly #shares: ReadonlyMap<string, number>
  readonly #changes = new Map<string, ArmMoments>()

  constructor(shares: ReadonlyMap<string, number>) {
    this.#shares = shares
  }

  /** `unit`: as it is with the new outcomes. */
  note(unit: UnitRow, { outcomes }: UnitOutcomes): void {
    for (const [metric, added] of outcomes) {
      const [n, total] = [unit[`${metric}_n`], unit[`${metric}_total`]]
      const [before, after] = [meanOf(n - added.n, total - added.total), meanOf(n, total)]
      const isNew = before === undefined && after !== undefined
      this.#change(unit.arm, metric, {
        units: (after === undefined ? 0 : 1) - (before === undefined ? 0 : 1),
        outcomes: added.n,
        sum: (after ?? 0) - (before ?? 0),
        squares: (after ?? 0) ** 2 - (before ?? 0) ** 2,
        expectedUnits: 0,
      })
      if (!isNew) continue
      const none = { units: 0, outcomes: 0, sum: 0, squares: 0 }
      for (const [arm, share] of this.#shares) this.#change(arm, metric, { ...none, expectedUnits: share })
    }
  }

  #change(arm: string, metric: Metric, by: Omit<ArmMoments, 'arm' | 'metric'>): void {
    const key = `${arm}\n${metric}`
    const known = this.#changes.get(key)
    this.#changes.set(key, {
      arm,
      metric,
      units: (known?.units ?? 0) + by.units,
      outcomes: (known?.outcomes ?? 0) + by.outcomes,
      sum: (known?.sum ?? 0) + by.sum,
      squares: (known?.squares ?? 0) + by.squares,
      expectedUnits: (known?.expectedUnits ?? 0) + by.expectedUnits,
    })
  }

  list(): readonly ArmMoments[] {
    return [...this.#changes]
      .toSorted(([one], [other]) => (one < other ? -1 : 1))
      .map(([, moments]) => moments)
  }
}

function meanOf(n: number, total: number): number | undefined {
  return n > 0 ? total / n : undefined
}

async function addToMoments(
  transaction: Transaction<ExperimentTables>,
  { org, route, name }: ExperimentKey,
  { arm, metric, units, outcomes, sum, squares, expectedUnits }: ArmMoments,
): Promise<void> {
  await transaction
    .insertInto('experiment_moments')
    .values({ org, route, name, arm, metric, units, outcomes, sum, squares, expected_units: expectedUnits })
    .onConflict((conflict) =>
      conflict.columns(['org', 'route', 'name', 'arm', 'metric']).doUpdateSet(({ ref, eb }) => ({
        units: eb(ref('experiment_moments.units'), '+', ref('excluded.units')),
        outcomes: eb(ref('experiment_moments.outcomes'), '+', ref('excluded.outcomes')),
        sum: eb(ref('experiment_moments.sum'), '+', ref('excluded.sum')),
        squares: eb(ref('experiment_moments.squares'), '+', ref('excluded.squares')),
        expected_units: eb(ref('experiment_moments.expected_units'), '+', ref('excluded.expected_units')),
      })),
    )
    .execute()
}
