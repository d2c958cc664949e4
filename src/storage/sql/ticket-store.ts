/** Sessions, links and invitations in the database: digests of their tokens, and until when they hold. */

import type { Ticket, TicketKind, TicketStore } from '../../access/port.ts'
import type { JsonObject } from '../../core/json.ts'
import type { Database } from './database.ts'

interface TicketRow {
  readonly digest: string
  readonly kind: TicketKind
  readonly org: string
  readonly user_id: string | null
  readonly made_at_ms: number
  readonly ends_at_ms: number
  readonly body: string
}

/** Not an interface: Kysely asks for an index signature, which only an alias has. */
type TicketTables = { readonly access_tickets: TicketRow }

export function createTicketStore(database: Database): TicketStore {
  const db = database.kysely.withTables<TicketTables>()
  return {
    async put({ digest, kind, org, user, madeAtMs, endsAtMs, detail }) {
      const row: TicketRow = {
        digest,
        kind,
        org,
        user_id: user ?? null,
        made_at_ms: madeAtMs,
        ends_at_ms: endsAtMs,
        body: JSON.stringify(detail),
      }
      await db.insertInto('access_tickets').values(row).execute()
    },
    async find(kind, digest) {
      const row = await db
        .selectFrom('access_tickets')
        .selectAll()
        .where('digest', '=', digest)
        .where('kind', '=', kind)
        .executeTakeFirst()
      return row && toTicket(row)
    },
    async take(kind, digest) {
      const [row] = await db
        .deleteFrom('access_tickets')
        .where('digest', '=', digest)
        .where('kind', '=', kind)
        .returningAll()
        .execute()
      return row && toTicket(row)
    },
    async prune(endedBeforeMs) {
      await db.deleteFrom('access_tickets').where('ends_at_ms', '<', endedBeforeMs).execute()
    },
  }
}

function toTicket({ digest, kind, org, user_id: user, made_at_ms, ends_at_ms, body }: TicketRow): Ticket {
  return {
    digest,
    kind,
    org,
    ...(user !== null && { user }),
    madeAtMs: made_at_ms,
    endsAtMs: ends_at_ms,
    detail: JSON.parse(body) as JsonObject,
  }
}
