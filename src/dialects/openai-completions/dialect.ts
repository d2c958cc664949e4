/** The dialect of OpenAI's legacy completions: text goes on from a prompt. */

import type { Dialect } from '../dialect.ts'
import { done } from '../openai-chunks.ts'
import { decodeOpenAiError, encodeOpenAiError } from '../openai-error.ts'
import { decodeRequest } from './request-decode.ts'
import { encodeRequest } from './request-encode.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { streamDecoder } from './stream-decode.ts'
import { CompletionEncoder } from './stream-encode.ts'

/** https://platform.openai.com/docs/api-reference/completions */
export const openaiCompletions: Dialect = {
  id: 'openai-completions',
  terminator: done,
  modelInBody: true,
  formatParam: 'response_format',
  forcesUsage: true,
  request: { decode: decodeRequest, encode: encodeRequest },
  response: { decode: decodeResponse, encode: encodeResponse },
  stream: { decoder: streamDecoder, encoder: (context) => new CompletionEncoder(context) },
  error: { decode: decodeOpenAiError, encode: encodeOpenAiError },
}
