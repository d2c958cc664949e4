/** The administration routes of the cache: what it holds and saves, how far it can be trusted, and the emptying of it. */

import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import type { AnswerStore } from './port.ts'
import type { OpenPair, SemanticCache } from './semantic/semantic.ts'
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

const pairShape = z.object({
  id: z.string(),
  destination: z.string(),
  at: z.iso.datetime(),
  similarity: z.number().describe('Cosine of the two questions.'),
  agrees: z.boolean().describe('What it is held for: whether the two answers say the same.'),
  question: z.string(),
  as_before: z.string().describe('The question whose answer would have been served.'),
  answer: z.string(),
  served: z.string().describe('What would have been served.'),
})

function toPair({
  id,
  destination,
  atMs,
  similarity,
  agrees,
  ...texts
}: OpenPair): z.output<typeof pairShape> {
  const { question, asBefore: as_before, answer, served } = texts
  const at = new Date(atMs).toISOString()
  return { id, destination, at, similarity, agrees, question, as_before, answer, served }
}

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

function pairOf(semantic: SemanticCache, org: string, id: string): OpenPair {
  const pair = semantic.pairs(org).find((one) => one.id === id)
  if (pair) return pair
  throw new GatewayError('not_found', 'This pair was judged, or is not kept any more.')
}

/** `/cache` and what is below it. */
export function cacheRoutes({ store, semantic }: CacheRouteParts): readonly AdminRoute[] {
  return [
    ...pairRoutes(semantic),
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
        to_judge: z.int().describe('Pairs of questions and answers that nobody has judged.'),
      }),
      run({ org }) {
        const readings = [...semantic.readings(org)]
        return {
          body: {
            ...store.size?.(),
            semantic: readings.map(([destination, reading]) => toTrust(destination, reading)),
            to_judge: semantic.pairs(org).length,
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
        else semantic.forgetPairs(org)
        return { body: { purged } }
      },
    }),
  ]
}

function pairRoutes(semantic: SemanticCache): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'GET',
      path: '/cache/pairs',
      isOfInstance: true,
      // They show what callers asked and were answered.
      policy: 'payloads:read',
      audit: { action: 'cache.pairs.read', object: () => 'cache:pairs' },
      summary:
        'Semantic hits of late with both questions and answers, for people to judge: first those held for wrong.',
      response: z.object({ data: z.array(pairShape) }),
      run: ({ org }) => ({ body: { data: semantic.pairs(org).map(toPair) } }),
    }),
    adminRoute({
      method: 'PUT',
      path: '/cache/pairs/{id}',
      isOfInstance: true,
      policy: 'operations:write',
      audit: {
        action: 'cache.pair.judge',
        object: ({ org, params: { id = '' } }) => `cache:${pairOf(semantic, org, id).destination}`,
        before: ({ org, params: { id = '' } }) => ({ agrees: pairOf(semantic, org, id).agrees }),
      },
      summary: 'Says whether both answers of a pair say the same: the rate of false hits follows.',
      body: z.strictObject({ agrees: z.boolean() }),
      response: trustShape,
      run({ org, params: { id = '' }, body: { agrees } }) {
        const pair = pairOf(semantic, org, id)
        return { body: toTrust(pair.destination, semantic.judgePair(pair, agrees)) }
      },
    }),
  ]
}
