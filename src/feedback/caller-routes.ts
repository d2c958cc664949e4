/** `POST /v1/feedback`: what callers say of answers that they got. */

import type { CallerIdentity, CallerRoute } from '../core/caller-route.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { asObject, defined, type Json, type JsonObject } from '../core/json.ts'
import type { FeedbackDesk } from './desk.ts'

export interface FeedbackCallerParts {
  readonly desk: FeedbackDesk
  readonly clock: Clock
  /** Throws `authentication_failed` and its like. */
  identify(caller: CallerIdentity): Promise<{ readonly org: string; readonly keyId: string }>
}

const members: ReadonlySet<string> = new Set(['request_id', 'score', 'label', 'comment'])
const maxLabel = 64
const maxComment = 4_000

export function feedbackCallerRoutes({ desk, clock, identify }: FeedbackCallerParts): readonly CallerRoute[] {
  return [
    {
      method: 'POST',
      path: '/v1/feedback',
      async run(call) {
        const { org, keyId } = await identify(call)
        const given = readFeedback(await call.json())
        const isMatched = await desk.take({ org, keyId, atMs: clock.nowMs(), ...given })
        return {
          status: isMatched ? 200 : 202,
          body: { request_id: given.requestId, state: isMatched ? 'matched' : 'waiting' },
        }
      },
    },
  ]
}

/** Throws `invalid_request`. */
function readFeedback(body: Json) {
  const given = asObject(body)
  if (!given) throw invalid('The body must be a JSON object.')
  const unknown = Object.keys(given).find((name) => !members.has(name))
  if (unknown !== undefined) throw invalid(`\`${unknown}\` is not known here.`, unknown)
  const requestId = given['request_id']
  if (typeof requestId !== 'string' || !/^[A-Za-z0-9_.-]{1,128}$/.test(requestId)) {
    throw invalid('`request_id` must be an id from `x-weir-request-id`.', 'request_id')
  }
  const said = defined({
    score: readScore(given['score']),
    label: readText(given, 'label', maxLabel),
    comment: readText(given, 'comment', maxComment),
  })
  if (Object.keys(said).length === 0) throw invalid('Say something: `score`, `label` or `comment`.')
  return { requestId, ...said }
}

function readScore(value: Json | undefined): number | undefined {
  if (value === undefined || value === null) return undefined
  if (typeof value === 'boolean') return value ? 1 : 0
  if (typeof value === 'number' && value >= 0 && value <= 1) return value
  throw invalid('`score` must be a number from 0 to 1, or true or false.', 'score')
}

function readText(given: JsonObject, name: string, most: number): string | undefined {
  const value = given[name]
  if (value === undefined || value === null) return undefined
  if (typeof value === 'string' && value !== '' && value.length <= most) return value
  throw invalid(`\`${name}\` must be a text of 1 to ${most} characters.`, name)
}

function invalid(message: string, param?: string): GatewayError {
  return new GatewayError('invalid_request', message, param === undefined ? {} : { param })
}
