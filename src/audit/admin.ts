/** The administration routes of the audit: its records, its head, and the proof that nobody has changed it. */

import { z } from 'zod'
import { pageLimit } from '../admin/query.ts'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { asObject, parseJson } from '../core/json.ts'
import { verifyChain } from './chain.ts'
import type { AuditLink, AuditStore } from './port.ts'

export function auditRoutes(store: AuditStore): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/audit',
      policy: 'audit:read',
      summary: 'The administrative acts, newest first.',
      query: z.strictObject({
        action: z.string().optional(),
        object: z.string().optional(),
        actor: z.string().optional(),
        limit: pageLimit,
        cursor: z
          .string()
          .regex(/^\d{1,15}$/)
          .optional()
          .describe('`next_cursor` of the page before.'),
      }),
      response: z.object({ data: z.array(linkShape), next_cursor: z.string().optional() }),
      async run({ org, query: { limit, cursor, action, object, actor } }) {
        const found = await store.search({
          org,
          limit: limit + 1,
          ...(cursor !== undefined && { beforeSeq: Number(cursor) }),
          ...(action !== undefined && { action }),
          ...(object !== undefined && { object }),
          ...(actor !== undefined && { actor }),
        })
        const data = found.slice(0, limit)
        const last = found.length > limit ? data.at(-1) : undefined
        return { body: { data: data.map(toView), ...(last && { next_cursor: String(last.seq) }) } }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/audit/head',
      isOfInstance: true,
      policy: 'audit:read',
      summary:
        'The number and hash of the last record. Note it elsewhere: a chain cannot see its own cut end.',
      response: headShape,
      run: async () => ({ body: await store.head() }),
    }),
    adminRoute({
      method: 'GET',
      path: '/audit/verify',
      isOfInstance: true,
      policy: 'audit:read',
      summary: 'Follows the chain from its start, and names the first record that is not right.',
      query: z.strictObject({
        head: z
          .string()
          .regex(/^[0-9a-f]{64}$/)
          .optional()
          .describe('A hash that was noted earlier; some record must have it.'),
      }),
      response: z.object({
        records: z.int().describe('How many are right, from the first on.'),
        head: headShape,
        fault: z.object({ seq: z.int(), what: z.string() }).optional(),
      }),
      run: async ({ query: { head } }) => ({ body: await verifyChain(store, head) }),
    }),
  ]
}

const headShape = z.object({ seq: z.int(), hash: z.string() })

const linkShape = z.object({
  seq: z.int(),
  at: z.iso.datetime(),
  actor: z.string(),
  action: z.string(),
  object: z.string(),
  before: z.unknown().optional(),
  after: z.unknown().optional().describe('What was asked for.'),
  address: z.string().optional(),
  request_id: z.string().optional(),
  failed: z
    .object({ seq: z.int(), code: z.string() })
    .optional()
    .describe('The act of that record came to nothing.'),
  previous_hash: z.string(),
  hash: z.string(),
  record: z.string().describe('The text that was hashed, after the previous hash and a line break.'),
})

function toView(link: AuditLink): z.output<typeof linkShape> {
  const { seq, atMs, actor, action, object, previousHash, hash, body } = link
  const { before, after, address, requestId, failed } = asObject(parseJson(body)) ?? {}
  return {
    seq,
    at: new Date(atMs).toISOString(),
    actor,
    action,
    object,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
    ...(typeof address === 'string' && { address }),
    ...(typeof requestId === 'string' && { request_id: requestId }),
    ...(failed !== undefined && { failed: failed as { seq: number; code: string } }),
    previous_hash: previousHash,
    hash,
    record: body,
  }
}
