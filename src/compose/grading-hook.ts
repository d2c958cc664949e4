/** Posts what a suite's own service is to grade, through the egress guard. */

import type { JsonObject } from '../core/json.ts'
import { parseJson } from '../core/json.ts'
import type { GradeParts } from '../judgement/assertions/assertion.ts'
import { policyFor } from '../upstream/egress.ts'
import { createPoster } from '../upstream/post.ts'

const timeoutMs = 5_000
const maxAnswerBytes = 262_144

/** A service that does not answer, or not with JSON, is a fault of grading. */
export function createGradingHook(allowsPrivateNetwork: () => boolean): NonNullable<GradeParts['post']> {
  return async (url: string, body: JsonObject) => {
    const poster = createPoster(policyFor(url, allowsPrivateNetwork()))
    try {
      const message = {
        url,
        headers: { 'content-type': 'application/json', accept: 'application/json' },
        body: Buffer.from(JSON.stringify(body)),
        signal: AbortSignal.timeout(timeoutMs),
      }
      const { status, text } = await poster.postForText(message, maxAnswerBytes)
      if (status < 200 || status > 299) return { error: `it answered ${status}` }
      return parseJson(text) ?? { error: 'it did not answer with JSON' }
    } catch (cause) {
      return { error: cause instanceof Error ? cause.message : String(cause) }
    } finally {
      await poster.close()
    }
  }
}
