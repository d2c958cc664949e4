/** `GET` and `DELETE /v1/responses/{id}`: answers that a client asked to keep. */

import { GatewayError } from '../core/error.ts'
import type { JsonObject } from '../core/json.ts'
import { json, type SideRequest, type SideRoute } from './side-routes.ts'

type StoredAnswerCaller = Pick<SideRequest, 'credential' | 'clientAddress'>

export interface StoredAnswers {
  /** The response object that this caller's key kept; throws `authentication_failed`. */
  find(caller: StoredAnswerCaller, id: string): Promise<JsonObject | undefined>
  remove(caller: StoredAnswerCaller, id: string): Promise<boolean>
}

const pattern = /^\/v1\/responses\/([A-Za-z0-9_.-]{1,256})$/

export function storedResponseRoute(answers: StoredAnswers): SideRoute {
  return {
    matches: (path) => pattern.test(path) && path !== '/v1/responses/input_tokens',
    methods: ['GET', 'DELETE'],
    answer: (request) => (request.method === 'GET' ? get(answers, request) : remove(answers, request)),
  }
}

async function get(answers: StoredAnswers, request: SideRequest) {
  const id = idOf(request.path)
  const answer = await answers.find(request, id)
  if (!answer) throw notKept(id)
  return json(200, answer)
}

async function remove(answers: StoredAnswers, request: SideRequest) {
  const id = idOf(request.path)
  if (!(await answers.remove(request, id))) throw notKept(id)
  return json(200, { id, object: 'response', deleted: true })
}

function idOf(path: string): string {
  return pattern.exec(path)?.[1] ?? ''
}

function notKept(id: string): GatewayError {
  return new GatewayError('not_found', `Response \`${id}\` was not kept here, or not by this key.`)
}
