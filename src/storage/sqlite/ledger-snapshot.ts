/** Reads the ledger as it is at one moment, over a connection of its own, while it goes on being written. */

import { DatabaseSync } from 'node:sqlite'
import type { LedgerSnapshot, RollupRow } from '../../ledger/port.ts'
import { createLedgerStore } from './ledger-store.ts'

/** The log of the file grows until it is closed: not for longer than a report takes. */
export function openLedgerSnapshot(path: string): LedgerSnapshot {
  const database = new DatabaseSync(path, { readOnly: true, timeout: 5_000 })
  try {
    return snapshotOf(database)
  } catch (cause) {
    database.close()
    throw cause
  }
}

function snapshotOf(database: DatabaseSync): LedgerSnapshot {
  // The first read fixes the moment.
  database.exec('begin')
  const state = database.prepare('select seq, pruned_before_ms from rollup_state').get()!
  return {
    store: createLedgerStore(database),
    rolledSeq: Number(state['seq']),
    prunedBeforeMs: Number(state['pruned_before_ms']),
    *rollups() {
      const statement = database.prepare('select * from rollups')
      statement.setReadBigInts(true)
      for (const row of statement.iterate()) yield toRow(row as Record<string, string | bigint>)
    },
    close() {
      database.close()
    },
  }
}

function toRow(row: Record<string, string | bigint>): RollupRow {
  const text = (name: string) => String(row[name])
  return {
    kind: text('kind'),
    span: text('span') as RollupRow['span'],
    atMs: Number(row['at_ms']),
    org: text('org'),
    value: text('value'),
    provider: text('provider'),
    model: text('model'),
    keyId: text('key_id'),
    team: text('team'),
    route: text('route'),
    attempts: Number(row['attempts']),
    cached: Number(row['cached']),
    inputTokens: Number(row['input_tokens']),
    outputTokens: Number(row['output_tokens']),
    providerCostNanoUsd: row['provider_cost_nano_usd'] as bigint,
    chargedNanoUsd: row['charged_nano_usd'] as bigint,
    savedNanoUsd: row['saved_nano_usd'] as bigint,
  }
}
