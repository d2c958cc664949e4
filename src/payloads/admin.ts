/** The administration routes of payloads: what was asked and answered, for those who may read it. */

import { z } from 'zod'
import { isoTime, pageCursor, pageLimit } from '../admin/query.ts'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { answerTextOf } from '../core/answer.ts'
import { GatewayError } from '../core/error.ts'
import { defined, type JsonObject } from '../core/json.ts'
import type { Payload, PayloadQuery } from './port.ts'
import type { PayloadReader } from './port.ts'

const query = z.strictObject({
  id: z.string().optional().describe("The request's: one payload or none, whatever else is asked for."),
  from: isoTime.optional(),
  to: isoTime.optional(),
  route: z.string().optional(),
  model: z.string().optional().describe('The model that answered.'),
  key: z.string().optional().describe("The key's id or name."),
  user: z.string().optional(),
  session: z.string().optional(),
  tag: z.string().optional(),
  limit: pageLimit,
  cursor: pageCursor,
})

const shape = z.object({
  id: z.string().describe("The request's."),
  created_at: z.iso.datetime(),
  dialect: z.string(),
  requested_model: z.string(),
  route: z.string().optional(),
  provider: z.string().optional(),
  model: z.string().optional(),
  key_id: z.string(),
  key_name: z.string(),
  user: z.string().optional(),
  session: z.string().optional(),
  tags: z.array(z.string()),
  status: z.int(),
  request: z
    .record(z.string(), z.unknown())
    .optional()
    .describe("In Weir's own form, redacted, without media. Absent where it was too large to keep."),
  answer: z.record(z.string(), z.unknown()).optional().describe('Absent where there was no whole answer.'),
  answer_text: z.string().optional().describe('What the first choice says.'),
})

/** `GET /payloads` and `GET /requests/{id}/payload`. Both show what callers wrote: they have a policy of their own. */
export function payloadRoutes(payloads: PayloadReader): readonly AdminRoute[] {
  const find = async (org: string, id: string): Promise<Payload> => {
    const payload = await payloads.get(org, id)
    if (payload) return payload
    throw new GatewayError('not_found', 'No payload of this request is kept.')
  }
  return [
    adminRoute({
      method: 'GET',
      path: '/payloads',
      policy: 'payloads:read',
      summary: 'Recorded payloads, newest first.',
      audit: {
        action: 'payload.read',
        object: () => 'payloads',
        after: ({ query: wanted }) => toWish(wanted),
      },
      query,
      response: z.object({ data: z.array(shape), next_cursor: z.string().optional() }),
      async run({ org, query: { id, from, to, ...rest } }) {
        if (id !== undefined) {
          const payload = await payloads.get(org, id)
          return { body: { data: payload ? [toView(payload)] : [] } }
        }
        const wanted = defined({ ...rest, org, fromMs: from, toMs: to }) as PayloadQuery
        const { data, nextCursor } = await payloads.list(wanted)
        return {
          body: { data: data.map(toView), ...(nextCursor !== undefined && { next_cursor: nextCursor }) },
        }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/requests/{id}/payload',
      policy: 'payloads:read',
      summary: 'What one request asked and was answered, where that is recorded.',
      audit: {
        action: 'payload.read',
        object: ({ params: { id = '' } }) => `request:${id}`,
        // Where none is kept, nothing is read.
        after: async ({ org, params: { id = '' } }) => ({ dialect: (await find(org, id)).dialect }),
      },
      response: shape,
      run: async ({ org, params: { id = '' } }) => ({ body: toView(await find(org, id)) }),
    }),
  ]
}

/** What was looked for, not how much of it at a time: without names of people, whom the audit would outlive. */
function toWish({
  from,
  to,
  user,
  session,
  limit: _limit,
  cursor: _cursor,
  ...rest
}: z.output<typeof query>): JsonObject {
  const iso = (ms: number | undefined) => (ms === undefined ? undefined : new Date(ms).toISOString())
  return defined({ ...rest, from: iso(from), to: iso(to), user: user && '***', session: session && '***' })
}

function toView(payload: Payload): JsonObject {
  const { content, atMs, requestedModel, keyId, keyName, id, dialect, tags, status } = payload
  const { route, provider, model, user, session } = payload
  const { request, answer } = content ?? {}
  return defined({
    id,
    created_at: new Date(atMs).toISOString(),
    dialect,
    requested_model: requestedModel,
    route,
    provider,
    model,
    key_id: keyId,
    key_name: keyName,
    user,
    session,
    tags,
    status,
    request,
    answer,
    answer_text: answer && answerTextOf(answer),
  }) as unknown as JsonObject
}
