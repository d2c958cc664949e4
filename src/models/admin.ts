/** The administration route of the catalogue's notices. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { describePrice } from './describe.ts'
import { type Notice, toldNotice } from './notices.ts'
import type { ModelWatch } from './watch.ts'

/** `GET /models/notices`. */
export function modelRoutes(watch: Pick<ModelWatch, 'list'>): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/models/notices',
      isOfInstance: true,
      policy: 'traffic:read',
      summary:
        'Prices that have changed or will, and models that end, with their successors; those in use first.',
      query: z.object({
        days: z.coerce
          .number()
          .int()
          .min(1)
          .max(3650)
          .default(90)
          .describe('How far ahead and back to look.'),
      }),
      response: z.object({ data: z.array(noticeShape) }),
      async run({ query }) {
        return { body: { data: (await watch.list(query.days)).map(toJson) } }
      },
    }),
  ]
}

const priceShape = z.record(z.string(), z.unknown()).describe('USD per million tokens, fees per thousand.')

const noticeShape = z.object({
  id: z.string().describe('The same notice has the same id at any time.'),
  kind: z.enum(['price-changed', 'price-will-change', 'retires', 'retired']),
  model: z.string(),
  at: z.iso.datetime().describe('When it was noticed, or when it will be so.'),
  in_use: z.boolean().describe('A target of a route, or named by a provider in the configuration.'),
  successor: z.string().optional(),
  before: priceShape.optional(),
  after: priceShape.optional(),
  message: z.string(),
})

function toJson(notice: Notice): object {
  const { id, kind, model, atMs, isInUse, successor, before, after } = notice
  return {
    id,
    kind,
    model,
    at: new Date(atMs).toISOString(),
    in_use: isInUse,
    ...(successor !== undefined && { successor }),
    ...(before && { before: describePrice(before, atMs) }),
    ...(after && { after: describePrice(after, atMs) }),
    message: toldNotice(notice),
  }
}
