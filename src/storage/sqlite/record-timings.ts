/** Reads of request records only what figures are made of, in the order in which they were stored. */

import type { DatabaseSync } from 'node:sqlite'
import type { CacheOutcome, RecordStore, RecordTiming } from '../../records/port.ts'

interface TimingRow {
  readonly seq: number
  readonly at_ms: number
  readonly key_id: string
  readonly status: number
  readonly duration_ms: number
  readonly first_token_ms: number | null
  readonly cache: CacheOutcome | null
  readonly saved: number | null
}

const select = `select seq, at_ms, key_id, status, body ->> '$.durationMs' as duration_ms,
  body ->> '$.firstTokenMs' as first_token_ms, body ->> '$.cache.outcome' as cache,
  body ->> '$.cache.savedNanoUsd' as saved
  from request_records where org = ?`

export function createTimings(database: DatabaseSync): RecordStore['timings'] {
  // The sign keeps the index by time out: these go along the table itself.
  const after = database.prepare(`${select.replace('org', '+org')} and seq > ? order by seq limit ?`)
  const before = database.prepare(`${select.replace('org', '+org')} and seq < ? order by seq desc limit ?`)
  return (org, { limit, ...side }) => {
    const rows =
      'afterSeq' in side ? after.all(org, side.afterSeq, limit) : before.all(org, side.beforeSeq, limit)
    return (rows as unknown as TimingRow[]).map(toTiming)
  }
}

function toTiming(row: TimingRow): RecordTiming {
  const {
    seq,
    at_ms: atMs,
    key_id: keyId,
    status,
    duration_ms: durationMs,
    first_token_ms: firstTokenMs,
    cache,
    saved,
  } = row
  return {
    seq,
    atMs,
    keyId,
    status,
    durationMs,
    ...(firstTokenMs !== null && { firstTokenMs }),
    ...(cache !== null && { cache }),
    ...(saved !== null && { savedNanoUsd: saved }),
  }
}
