/** Feedback in the database. */

import type { Transaction } from 'kysely'
import type {
  Counted,
  Feedback,
  FeedbackStore,
  FeedbackSubject,
  StoredFeedback,
} from '../../feedback/port.ts'
import type { Database } from './database.ts'
import { deleteByIds } from './delete-by-ids.ts'

interface FeedbackRow {
  readonly org: string
  readonly request_id: string
  readonly key_id: string
  readonly at_ms: number
  readonly score: number | null
  readonly label: string | null
  readonly comment: string | null
  /** JSON. */
  readonly subject: string | null
  readonly route: string | null
  readonly counted: number | null
}

/** Not an interface: Kysely asks for an index signature, which only an alias has. */
type FeedbackTables = { readonly feedback: FeedbackRow }

const identity = ['org', 'request_id', 'key_id'] as const

export function createFeedbackStore(database: Database): FeedbackStore {
  const db = database.kysely.withTables<FeedbackTables>()
  return {
    put: (feedback, subject) =>
      database.transaction((given) => put(given.withTables<FeedbackTables>(), feedback, subject)),
    async waiting(sinceMs, limit) {
      const query = db.selectFrom('feedback').selectAll().where('subject', 'is', null)
      const rows = await query.where('at_ms', '>=', sinceMs).orderBy('at_ms', 'desc').limit(limit).execute()
      return rows.map(toFeedback)
    },
    match: (feedback, subject) =>
      database.transaction((given) => match(given.withTables<FeedbackTables>(), feedback, subject)),
    async discard({ org, requestId, keyId }) {
      await db
        .deleteFrom('feedback')
        .where('org', '=', org)
        .where('request_id', '=', requestId)
        .where('key_id', '=', keyId)
        .where('subject', 'is', null)
        .execute()
    },
    async list({ org, route, requestId, limit, cursor }) {
      let query = db.selectFrom('feedback').selectAll().where('org', '=', org)
      if (route !== undefined) query = query.where('route', '=', route)
      if (requestId !== undefined) query = query.where('request_id', '=', requestId)
      if (cursor !== undefined) {
        const [atMs = '', id = ''] = cursor.split('~')
        query = query.where(({ eb, or, and }) =>
          or([
            eb('at_ms', '<', Number(atMs)),
            and([eb('at_ms', '=', Number(atMs)), eb('request_id', '<', id)]),
          ]),
        )
      }
      const rows = await query.orderBy('at_ms', 'desc').orderBy('request_id', 'desc').limit(limit).execute()
      const last = rows.length === limit ? rows.at(-1) : undefined
      return { data: rows.map(toFeedback), ...(last && { nextCursor: `${last.at_ms}~${last.request_id}` }) }
    },
    forget: (org, ids) => deleteByIds(database.kysely, 'feedback', org, ids),
    async prune({ olderThanMs, waitingSinceMs }) {
      await db.deleteFrom('feedback').where('at_ms', '<', olderThanMs).execute()
      await db
        .deleteFrom('feedback')
        .where('subject', 'is', null)
        .where('at_ms', '<', waitingSinceMs)
        .execute()
    },
  }
}

async function put(
  transaction: Transaction<FeedbackTables>,
  { org, requestId, keyId, atMs, score, label, comment }: Feedback,
  subject: FeedbackSubject | undefined,
): Promise<Counted> {
  const known = await transaction
    .selectFrom('feedback')
    .select('counted')
    .where('org', '=', org)
    .where('request_id', '=', requestId)
    .where('key_id', '=', keyId)
    .executeTakeFirst()
  const before = known?.counted ?? null
  const said = {
    at_ms: atMs,
    score: score ?? null,
    label: label ?? null,
    comment: comment ?? null,
    subject: subject ? JSON.stringify(subject) : null,
    route: subject?.route ?? null,
    counted: subject ? (score ?? before) : before,
  }
  await transaction
    .insertInto('feedback')
    .values({ org, request_id: requestId, key_id: keyId, ...said })
    .onConflict((conflict) => conflict.columns(identity).doUpdateSet(said))
    .execute()
  return { before: before ?? undefined }
}

async function match(
  transaction: Transaction<FeedbackTables>,
  { org, requestId, keyId, atMs, score }: Feedback,
  subject: FeedbackSubject,
): Promise<Counted | undefined> {
  const [row] = await transaction
    .updateTable('feedback')
    .set({ subject: JSON.stringify(subject), route: subject.route ?? null })
    .where('org', '=', org)
    .where('request_id', '=', requestId)
    .where('key_id', '=', keyId)
    .where('at_ms', '=', atMs)
    .where('subject', 'is', null)
    .returning('counted')
    .execute()
  if (!row) return undefined
  if (score !== undefined) {
    await transaction
      .updateTable('feedback')
      .set({ counted: score })
      .where('org', '=', org)
      .where('request_id', '=', requestId)
      .where('key_id', '=', keyId)
      .execute()
  }
  return { before: row.counted ?? undefined }
}

function toFeedback(row: FeedbackRow): StoredFeedback {
  return {
    org: row.org,
    requestId: row.request_id,
    keyId: row.key_id,
    atMs: row.at_ms,
    ...(row.score !== null && { score: row.score }),
    ...(row.label !== null && { label: row.label }),
    ...(row.comment !== null && { comment: row.comment }),
    ...(row.subject !== null && { subject: JSON.parse(row.subject) as FeedbackSubject }),
  }
}
