/** The administration routes of the cache: what it holds and saves, and the emptying of it. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import type { AnswerStore } from './port.ts'
import type { SemanticCache } from './semantic/semantic.ts'
import { maxThreshold, type TrustReading } from './semantic/trust.ts'

const filter = z.object({
  destination: z.string().optional().describe('A route, or `provider/model`.'),
  tag: z.string().optional().describe('One of the `x-weir-tags` of the request that brought the answer.'),
})

const trustShape = z.object({
  destination: z.string(),
  threshold: z.number().describe('In force: the configured one, a higher one, or one that was set by hand.'),
  raised: z.int().describe('How often it was raised.'),
  compared: z.int().describe('Hits of late that were compared with an answer that was asked anew.'),
  false_hits: z.int(),
  false_hit_rate: z.number().optional(),
  false_hit_interval: z.tuple([z.number(), z.number()]).describe('95 %.'),
  curve: z
    .array(
      z.object({
        threshold: z.number(),
        compared: z.int(),
        false_hits: z.int(),
        interval: z.tuple([z.number(), z.number()]).describe('Of the share of false hits, 95 %.'),
      }),
    )
    .describe('Of the hits that were compared: those that a higher threshold would leave.'),
})

const wanted = z.strictObject({
  destination: z.string().min(1).describe('A route, or `provider/model`.'),
  threshold: z
    .number()
    .min(0.3)
    .max(maxThreshold)
    .describe('Least cosine of two questions, until the instance ends or the configuration names another.'),
})

function toTrust(destination: string, reading: TrustReading): z.output<typeof trustShape> {
  const { threshold, raised, samples, falseHits, interval, curve } = reading
  return {
    destination,
    threshold,
    raised,
    compared: samples,
    false_hits: falseHits,
    ...(samples > 0 && { false_hit_rate: falseHits / samples }),
    false_hit_interval: [interval[0], interval[1]],
    curve: curve.map((point) => ({
      threshold: point.threshold,
      compared: point.samples,
      false_hits: point.falseHits,
      interval: [point.interval[0], point.interval[1]],
    })),
  }
}

export interface CacheRouteParts {
  readonly store: AnswerStore
  readonly semantic: SemanticCache
}

/** Throws where nothing was looked for at that destination: there is no threshold in force. */
function readingOf(semantic: SemanticCache, org: string, destination: string): TrustReading {
  const reading = semantic.readings(org).get(destination)
  if (reading) return reading
  throw new GatewayError('not_found', 'No question was looked for at this destination since the start.')
}

/** `GET /cache`, `DELETE /cache` and `PUT /cache/threshold`. */
export function cacheRoutes({ store, semantic }: CacheRouteParts): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/cache',
      isOfInstance: true,
      policy: 'traffic:read',
      summary: 'What the cache holds, and how far its semantic hits can be trusted.',
      response: z.object({
        entries: z.int().optional(),
        bytes: z.int().optional(),
        semantic: z.array(trustShape),
      }),
      run({ org }) {
        const readings = [...semantic.readings(org)]
        return {
          body: {
            ...store.size?.(),
            semantic: readings.map(([destination, reading]) => toTrust(destination, reading)),
          },
        }
      },
    }),
    adminRoute({
      method: 'PUT',
      path: '/cache/threshold',
      isOfInstance: true,
      policy: 'operations:write',
      audit: {
        action: 'cache.threshold',
        object: ({ body: { destination } }) => `cache:${destination}`,
        before: ({ org, body: { destination } }) => ({
          threshold: readingOf(semantic, org, destination).threshold,
        }),
        after: ({ body: { threshold } }) => ({ threshold }),
      },
      summary: 'Sets how alike two questions must be at a destination, in this instance and until it ends.',
      body: wanted,
      response: trustShape,
      run({ org, body: { destination, threshold } }) {
        const reading = semantic.setThreshold(org, destination, threshold)
        return { body: toTrust(destination, reading ?? readingOf(semantic, org, destination)) }
      },
    }),
    adminRoute({
      method: 'DELETE',
      path: '/cache',
      policy: 'operations:write',
      audit: { action: 'cache.clear', object: () => 'cache', after: ({ query }) => ({ ...query }) },
      summary: "Deletes the organisation's kept answers, all or those of a destination or tag.",
      query: filter,
      response: z.object({ purged: z.int() }),
      async run({ org, query: { destination, tag } }) {
        const purged = await store.purge(org, {
          ...(destination !== undefined && { destination }),
          ...(tag !== undefined && { tag }),
        })
        // Questions do not say which tag or destination theirs was: those that are left find no answer, and go then.
        if (destination === undefined && tag === undefined) await semantic.forget(org)
        return { body: { purged } }
      },
    }),
  ]
}
