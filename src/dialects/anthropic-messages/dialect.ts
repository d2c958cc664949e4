/** The Anthropic Messages dialect: its parts, wired. */

import type { Dialect } from '../dialect.ts'
import { decodeError, encodeError } from './error.ts'
import { decodeRequest } from './request-decode.ts'
import { encodeRequest } from './request-encode.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { MessageDecoder } from './stream-decode.ts'
import { MessageEncoder } from './stream-encode.ts'

/** https://platform.claude.com/docs/en/api/messages, as of version 2023-06-01. */
export const anthropicMessages: Dialect = {
  id: 'anthropic-messages',
  modelInBody: true,
  formatParam: 'output_config.format.schema',
  takesCacheHints: true,
  request: { decode: decodeRequest, encode: encodeRequest },
  response: { decode: decodeResponse, encode: encodeResponse },
  stream: {
    decoder: (patch) => new MessageDecoder(patch),
    encoder: (context) => new MessageEncoder(context),
  },
  error: { decode: decodeError, encode: encodeError },
}
