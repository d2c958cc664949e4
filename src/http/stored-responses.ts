/** `GET` and `DELETE /v1/responses/{id}`: answers that a client asked to keep. */

import { GatewayError } from '../core/error.ts'
import type { JsonObject } from '../core/json.ts'
import { json, type SideRequest, type SideRoute } from './side-routes.ts'

export interface StoredAnswers {
  /** The response object that this caller's key kept; throws `authentication_failed`. */
  find(credential: string | undefined, id: string): Promise<JsonObject | undefined>
  remove(credential: string | undefined, id: string): Promise<boolean>
}

const pattern = /^\/v1\/responses\/([A-Za-z0-9_.-]{1,256})$/

export function storedResponseRoute(answers: StoredAnswers): SideRoute {
  return {
    matches: (path) => pattern.test(path) && path !== '/v1/responses/input_tokens',
    methods: ['GET', 'DELETE'],
    answer: (request) => (request.method === 'GET' ? get(answers, request) : remove(answers, request)),
  }
}

async function get(answers: StoredAnswers, { credential, path }: SideRequest) {
  const id = idOf(path)
  const answer = await answers.find(credential, id)
  if (!answer) throw notKept(id)
  return json(200, answer)
}

async function remove(answers: StoredAnswers, { credential, path }: SideRequest) {
  const id = idOf(path)
  if (!(await answers.remove(credential, id))) throw notKept(id)
  return json(200, { id, object: 'response', deleted: true })
}

function idOf(path: string): string {
  return pattern.exec(path)?.[1] ?? ''
}

function notKept(id: string): GatewayError {
  return new GatewayError('not_found', `Response \`${id}\` was not kept here, or not by this key.`)
}
