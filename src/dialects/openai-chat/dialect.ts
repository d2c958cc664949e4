/** The dialect of OpenAI's Chat Completions API and of the many providers that speak it. */

import type { Dialect } from '../dialect.ts'
import { decodeOpenAiError, encodeOpenAiError } from '../openai-error.ts'
import { decodeRequest } from './request-decode.ts'
import { encodeRequest } from './request-encode.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { done } from '../openai-chunks.ts'
import { streamDecoder } from './stream-decode.ts'
import { ChunkEncoder } from './stream-encode.ts'

export const openaiChat: Dialect = {
  id: 'openai-chat',
  terminator: done,
  modelInBody: true,
  formatParam: 'response_format.json_schema.schema',
  forcesUsage: true,
  request: { decode: decodeRequest, encode: encodeRequest },
  response: { decode: decodeResponse, encode: encodeResponse },
  stream: { decoder: streamDecoder, encoder: (context) => new ChunkEncoder(context) },
  error: { decode: decodeOpenAiError, encode: encodeOpenAiError },
}
