/** The dialect of Ollama's own chat: its parts, wired. */

import type { Dialect } from '../dialect.ts'
import { decodeError, encodeError } from './error.ts'
import { decodeRequest } from './request-decode.ts'
import { encodeRequest } from './request-encode.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { streamDecoder } from './stream-decode.ts'
import { LineEncoder } from './stream-encode.ts'

/** https://docs.ollama.com/api/chat */
export const ollamaChat: Dialect = {
  id: 'ollama-chat',
  framing: 'ndjson',
  modelInBody: true,
  formatParam: 'format',
  request: { decode: decodeRequest, encode: encodeRequest },
  response: { decode: decodeResponse, encode: encodeResponse },
  stream: { decoder: streamDecoder, encoder: (context) => new LineEncoder(context) },
  error: { decode: decodeError, encode: encodeError },
}
