/** The dialect of Cohere's chat, version 2: its parts, wired. */

import type { Dialect } from '../dialect.ts'
import { decodeError, encodeError } from './error.ts'
import { decodeRequest } from './request-decode.ts'
import { encodeRequest } from './request-encode.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { done, streamDecoder } from './stream-decode.ts'
import { ChatEncoder } from './stream-encode.ts'

/** https://docs.cohere.com/reference/chat-stream */
export const cohereChat: Dialect = {
  id: 'cohere-chat',
  terminator: done,
  modelInBody: true,
  formatParam: 'response_format.json_schema',
  request: { decode: decodeRequest, encode: encodeRequest },
  response: { decode: decodeResponse, encode: encodeResponse },
  stream: { decoder: streamDecoder, encoder: () => new ChatEncoder() },
  error: { decode: decodeError, encode: encodeError },
}
