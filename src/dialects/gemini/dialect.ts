/** The Gemini dialect: Google's generateContent and streamGenerateContent. */

import type { Dialect } from '../dialect.ts'
import { encodeBody } from './answer-encode.ts'
import { decodeError, encodeError } from './error.ts'
import { decodeRequest } from './request-decode.ts'
import { encodeRequest } from './request-encode.ts'
import { decodeBody, streamDecoder } from './response.ts'
import { StreamEncoder } from './stream-encode.ts'

export const gemini: Dialect = {
  id: 'gemini',
  modelInBody: false,
  formatParam: 'generationConfig.responseJsonSchema',
  request: { decode: decodeRequest, encode: encodeRequest },
  response: { decode: decodeBody, encode: encodeBody },
  stream: { decoder: streamDecoder, encoder: (context) => new StreamEncoder(context) },
  error: { decode: decodeError, encode: encodeError },
}
