/** What an application reads from an error of the `openai` package, which LangChain passes on as it is. */

import OpenAI from 'openai'
import type { Failure } from './client.ts'

const classes: ReadonlyMap<number | undefined, new (...args: never[]) => Error> = new Map([
  [400, OpenAI.BadRequestError],
  [401, OpenAI.AuthenticationError],
  [403, OpenAI.PermissionDeniedError],
  [404, OpenAI.NotFoundError],
  [429, OpenAI.RateLimitError],
  [502, OpenAI.InternalServerError],
  [503, OpenAI.InternalServerError],
])

export function failureOfOpenAi(error: unknown): Failure {
  if (!(error instanceof OpenAI.APIError)) return { isTyped: false, status: undefined, code: undefined }
  const status = error.status as number | undefined
  return {
    isTyped: error instanceof (classes.get(status) ?? OpenAI.APIError),
    status,
    code: error.code ?? undefined,
  }
}
