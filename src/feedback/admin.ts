/** The administration route of feedback. */

import { z } from 'zod'
import { pageLimit } from '../admin/query.ts'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { defined } from '../core/json.ts'
import type { FeedbackStore, StoredFeedback } from './port.ts'

export function feedbackRoutes(store: FeedbackStore): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/feedback',
      policy: 'traffic:read',
      summary: 'What callers have said of answers, newest first.',
      query: z.strictObject({
        route: z.string().optional(),
        request_id: z.string().optional(),
        limit: pageLimit,
        cursor: z
          .string()
          .regex(/^\d{1,15}~[\w.-]{1,128}$/)
          .optional()
          .describe('`next_cursor` of the page before.'),
      }),
      response: z.object({ data: z.array(feedbackShape), next_cursor: z.string().optional() }),
      async run({ org, query }) {
        const { route, request_id: requestId, limit, cursor } = query
        const page = await store.list({ org, limit, ...defined({ route, requestId, cursor }) })
        return {
          body: {
            data: page.data.map(toView),
            ...(page.nextCursor !== undefined && { next_cursor: page.nextCursor }),
          },
        }
      },
    }),
  ]
}

const feedbackShape = z.object({
  request_id: z.string(),
  key_id: z.string(),
  created_at: z.iso.datetime(),
  state: z.enum(['matched', 'waiting']).describe('`waiting`: its request has not been found yet.'),
  score: z.number().optional(),
  label: z.string().optional(),
  comment: z.string().optional(),
  route: z.string().optional(),
  revision: z.string().optional(),
  provider: z.string().optional(),
  model: z.string().optional(),
  experiment: z.object({ name: z.string(), arm: z.string(), unit: z.string() }).optional(),
})

function toView(feedback: StoredFeedback): z.output<typeof feedbackShape> {
  const { requestId, keyId, atMs, score, label, comment, subject } = feedback
  const { route, revision, provider, model, experiment } = subject ?? {}
  return {
    request_id: requestId,
    key_id: keyId,
    created_at: new Date(atMs).toISOString(),
    state: subject ? 'matched' : 'waiting',
    ...defined({ score, label, comment, route, provider, model, experiment }),
    ...(revision !== undefined && { revision: `${route}@${revision}` }),
  }
}
