/** Claims of idempotency keys and their kept answers in the database, for all instances that share it. */

import { sql } from 'kysely'
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
    prune: (nowMs, { maxAnswers, maxBytes }, limit) =>
      transaction(async (given) => {
        const within = given.withTables<ClaimTables>()
        const expired = within
          .selectFrom('idempotency_claims')
          .select(identity)
          .where('expires_at_ms', '<=', nowMs)
          .orderBy('expires_at_ms')
          .limit(limit)
        const { numDeletedRows } = await within
          .deleteFrom('idempotency_claims')
          .where(({ eb, refTuple }) => eb(refTuple(...identity), 'in', expired.$asTuple(...identity)))
          .executeTakeFirstOrThrow()
        const kept = await within
          .selectFrom('idempotency_claims')
          .where('answer_bytes', '>', 0)
          .select([
            sql<number>`count(*)`.as('answers'),
            sql<number>`cast(coalesce(sum(answer_bytes), 0) as bigint)`.as('bytes'),
          ])
          .executeTakeFirstOrThrow()
        let { answers, bytes } = kept
        let deleted = Number(numDeletedRows)
        if (answers <= maxAnswers && bytes <= maxBytes) return deleted
        const oldest = await within
          .selectFrom('idempotency_claims')
          .select([...identity, 'answer_bytes'])
          .where('answer_bytes', '>', 0)
          .orderBy('expires_at_ms')
          .limit(limit - deleted)
          .execute()
        for (const row of oldest) {
          if (answers <= maxAnswers && bytes <= maxBytes) break
          await within
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
      }),
  }
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
