/** The OpenAI Responses dialect. */

import type { Dialect } from '../dialect.ts'
import { decodeOpenAiError, encodeOpenAiError } from '../openai-error.ts'
import { decodeRequest } from './request-decode.ts'
import { encodeRequest } from './request-encode.ts'
import { decodeBody, encodeBody } from './response.ts'
import { ResponseDecoder } from './stream-decode.ts'
import { ResponseEncoder } from './stream-encode.ts'

export const openaiResponses: Dialect = {
  id: 'openai-responses',
  modelInBody: true,
  formatParam: 'text.format.schema',
  keepsResponses: true,
  request: { decode: decodeRequest, encode: encodeRequest },
  response: { decode: decodeBody, encode: encodeBody },
  stream: {
    decoder: (patch) => new ResponseDecoder(patch),
    encoder: (context) => new ResponseEncoder(context),
  },
  error: { decode: decodeOpenAiError, encode: encodeOpenAiError },
}
