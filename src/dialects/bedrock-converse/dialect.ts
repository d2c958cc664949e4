/** The Bedrock Converse dialect: its parts, wired. */

import type { Dialect } from '../dialect.ts'
import { decodeError, encodeError } from './error.ts'
import { decodeRequest } from './request-decode.ts'
import { encodeRequest } from './request-encode.ts'
import { decodeResponse, encodeResponse } from './response.ts'
import { ConverseDecoder } from './stream-decode.ts'
import { ConverseEncoder } from './stream-encode.ts'

/** https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html */
export const bedrockConverse: Dialect = {
  id: 'bedrock-converse',
  framing: 'aws-event-stream',
  modelInBody: false,
  formatParam: 'outputConfig.textFormat.structure.jsonSchema.schema',
  takesCacheHints: true,
  request: { decode: decodeRequest, encode: encodeRequest },
  response: { decode: decodeResponse, encode: encodeResponse },
  stream: {
    decoder: (patch) => new ConverseDecoder(patch),
    encoder: () => new ConverseEncoder(),
  },
  error: { decode: decodeError, encode: encodeError },
}
