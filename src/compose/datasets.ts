/** Traffic as evaluation sees it: recorded payloads with the feedback on them. */

import type { AdminRoute } from '../admin/route.ts'
import { asObject, asString } from '../core/json.ts'
import { defined } from '../core/json.ts'
import type { RecordedAsk } from '../evals/dataset.ts'
import { datasetRoutes, type Traffic } from '../evals/dataset-admin.ts'
import type { FeedbackStore } from '../feedback/port.ts'
import { answerTextOf } from '../core/answer.ts'
import type { Payload, PayloadReader } from '../payloads/port.ts'
import type { Rollout } from '../rollout/rollout.ts'

export interface DatasetComposition {
  readonly payloads: PayloadReader
  readonly feedback: FeedbackStore
  readonly rollout: Rollout
}

const pageSize = 200

export function composeDatasets({ payloads, feedback, rollout }: DatasetComposition): readonly AdminRoute[] {
  const traffic: Traffic = {
    async page(query) {
      const { data, nextCursor } = await payloads.list({ ...query, limit: pageSize })
      const answered = data.filter(({ status }) => status < 400)
      const asks = await Promise.all(answered.map((payload) => toAsk(payload, feedback)))
      return { data: asks.flatMap((ask) => ask ?? []), ...(nextCursor !== undefined && { nextCursor }) }
    },
    async find(org, requestId) {
      const payload = await payloads.get(org, requestId)
      return payload && toAsk(payload, feedback)
    },
    promptsOf: (route) => promptsOfRoute(rollout, route),
  }
  return datasetRoutes(traffic)
}

/** What the route puts before requests, in any of its revisions. */
export const promptsOfRoute = (rollout: Rollout, route: string): string[] =>
  rollout.revisions(route).flatMap(({ settings }) => asString(asObject(settings)?.['prompt']) ?? [])

/** Undefined where the content is gone. */
async function toAsk(
  { content, org, id, atMs, session, route, model }: Payload,
  feedback: FeedbackStore,
): Promise<RecordedAsk | undefined> {
  if (!content) return undefined
  const [said] = (await feedback.list({ org, requestId: id, limit: 1 })).data
  const { score, label, comment } = said ?? {}
  const answer = content.answer && answerTextOf(content.answer)
  const known = defined({ session, route, model, answer, score, label, comment })
  return { id, atMs, request: content.request, ...known }
}
