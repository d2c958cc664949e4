/** Claims of idempotency keys and their kept answers in the database, for all instances that share it. */

import { type Kysely, sql } from 'kysely'
import type { Claim, ClaimId, ClaimStore } from '../../idempotency/port.ts'
import type { Database } from './database.ts'
import { deleteByIds } from './delete-by-ids.ts'

interface ClaimRow {
  readonly org: string
  readonly key_id: string
  readonly digest: string
  readonly request_id: string
  readonly body_sha256: string
  readonly lease_until_ms: number
  readonly expires_at_ms: number
  /** 0 while there is none. */
  readonly answer_bytes: number
  readonly answer: Uint8Array | null
}

type ClaimTables = {
  readonly idempotency_claims: ClaimRow
}

const identity = ['org', 'key_id', 'digest'] as const

export function createClaimStore({ kysely, transaction }: Database): ClaimStore {
  const db = kysely.withTables<ClaimTables>()

  const get = ({ org, keyId, digest }: ClaimId) =>
    db
      .selectFrom('idempotency_claims')
      .selectAll()
      .where('org', '=', org)
      .where('key_id', '=', keyId)
      .where('digest', '=', digest)
      .executeTakeFirst()

  /** The row, where there was none that still holds. */
  const take = (claim: Claim, nowMs: number) =>
    db
      .insertInto('idempotency_claims')
      .values(toRow(claim))
      .onConflict((conflict) =>
        conflict
          .columns(identity)
          .doUpdateSet(({ ref }) => ({
            request_id: ref('excluded.request_id'),
            body_sha256: ref('excluded.body_sha256'),
            lease_until_ms: ref('excluded.lease_until_ms'),
            expires_at_ms: ref('excluded.expires_at_ms'),
            answer_bytes: 0,
            answer: null,
          }))
          .where(({ eb, or, and }) =>
            or([
              eb('idempotency_claims.expires_at_ms', '<=', nowMs),
              and([
                eb('idempotency_claims.answer', 'is', null),
                eb('idempotency_claims.lease_until_ms', '<=', nowMs),
              ]),
            ]),
          ),
      )
      .returning('request_id')
      .executeTakeFirst()

  return {
    async claim(claim, nowMs) {
      for (;;) {
        if (await take(claim, nowMs)) return claim
        const standing = await get(claim)
        if (standing) return toClaim(standing)
        // It was released between the two.
      }
    },
    async complete({ org, keyId, digest }, requestId, answer, expiresAtMs) {
      await db
        .updateTable('idempotency_claims')
        .set({ answer, answer_bytes: answer.byteLength, expires_at_ms: expiresAtMs })
        .where('org', '=', org)
        .where('key_id', '=', keyId)
        .where('digest', '=', digest)
        .where('request_id', '=', requestId)
        .execute()
    },
    async release({ org, keyId, digest }, requestId) {
      await db
        .deleteFrom('idempotency_claims')
        .where('org', '=', org)
        .where('key_id', '=', keyId)
        .where('digest', '=', digest)
        .where('request_id', '=', requestId)
        .where('answer', 'is', null)
        .execute()
    },
    async renew(requestIds, leaseUntilMs) {
      await db
        .updateTable('idempotency_claims')
        .set({ lease_until_ms: leaseUntilMs })
        .where('request_id', 'in', requestIds)
        .execute()
    },
    forget: (org, ids) => deleteByIds(kysely, 'idempotency_claims', org, ids),
    prune: (nowMs, bounds, limit) =>
      transaction(async (given) => {
        const within = given.withTables<ClaimTables>()
        const expired = await deleteExpired(within, nowMs, limit)
        return expired + (await deleteOldest(within, bounds, limit - expired))
      }),
  }
}

async function deleteExpired(db: Kysely<ClaimTables>, nowMs: number, limit: number): Promise<number> {
  const expired = db
    .selectFrom('idempotency_claims')
    .select(identity)
    .where('expires_at_ms', '<=', nowMs)
    .orderBy('expires_at_ms')
    .limit(limit)
  const { numDeletedRows } = await db
    .deleteFrom('idempotency_claims')
    .where(({ eb, refTuple }) => eb(refTuple(...identity), 'in', expired.$asTuple(...identity)))
    .executeTakeFirstOrThrow()
  return Number(numDeletedRows)
}

/** Of the kept answers, those that end first, until the rest are within the bounds. */
async function deleteOldest(
  db: Kysely<ClaimTables>,
  { maxAnswers, maxBytes }: Parameters<ClaimStore['prune']>[1],
  limit: number,
): Promise<number> {
  let { answers, bytes } = await db
    .selectFrom('idempotency_claims')
    .where('answer_bytes', '>', 0)
    .select([
      sql<number>`count(*)`.as('answers'),
      sql<number>`cast(coalesce(sum(answer_bytes), 0) as bigint)`.as('bytes'),
    ])
    .executeTakeFirstOrThrow()
  if (answers <= maxAnswers && bytes <= maxBytes) return 0
  const oldest = await db
    .selectFrom('idempotency_claims')
    .select([...identity, 'answer_bytes'])
    .where('answer_bytes', '>', 0)
    .orderBy('expires_at_ms')
    .limit(limit)
    .execute()
  let deleted = 0
  for (const row of oldest) {
    if (answers <= maxAnswers && bytes <= maxBytes) break
    await db
      .deleteFrom('idempotency_claims')
      .where('org', '=', row.org)
      .where('key_id', '=', row.key_id)
      .where('digest', '=', row.digest)
      .execute()
    answers--
    bytes -= row.answer_bytes
    deleted++
  }
  return deleted
}

function toRow(claim: Claim): ClaimRow {
  return {
    org: claim.org,
    key_id: claim.keyId,
    digest: claim.digest,
    request_id: claim.requestId,
    body_sha256: claim.bodySha256,
    lease_until_ms: claim.leaseUntilMs,
    expires_at_ms: claim.expiresAtMs,
    answer_bytes: 0,
    answer: null,
  }
}

function toClaim(row: ClaimRow): Claim {
  return {
    org: row.org,
    keyId: row.key_id,
    digest: row.digest,
    requestId: row.request_id,
    bodySha256: row.body_sha256,
    leaseUntilMs: row.lease_until_ms,
    expiresAtMs: row.expires_at_ms,
    ...(row.answer && { answer: row.answer }),
  }
}
