/** What of a request and its answer is kept: texts, redacted; never the bytes of media, nor proofs of reasoning. */

import type { Answer } from '../core/answer.ts'
import type { PayloadContent } from './port.ts'

/** As JSON, in which every text has been rewritten. */
export function contentText({ request, answer }: PayloadContent, rewrite: (text: string) => string): string {
  return JSON.stringify(
    { request, ...(answer && { answer: withoutError(answer) }) },
    (name, value: unknown) => {
      if (typeof value === 'string') return rewrite(value)
      if (typeof value !== 'object' || value === null) return value
      if ('at' in value && value.at === 'base64' && 'data' in value) return { ...value, data: '' }
      return name === 'signature' && 'dialect' in value ? undefined : value
    },
  )
}

export function readContent(text: string): PayloadContent {
  return JSON.parse(text) as PayloadContent
}

/** Its cause may be anything; what went wrong is in the request's record. */
function withoutError({ error: _, ...answer }: Answer): Answer {
  return answer
}
