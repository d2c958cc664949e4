/** Bedrock's error bodies and the exceptions of its streams. */

import type { GatewayError } from '../../core/error.ts'
import { asObject, asString, type JsonObject, parseJson } from '../../core/json.ts'
import { faultFromStatus } from '../fault.ts'

// https://docs.aws.amazon.com/bedrock/latest/APIReference/API_runtime_ConverseStream.html#API_runtime_ConverseStream_Errors
const statusOfType: ReadonlyMap<string, number> = new Map([
  ['ValidationException', 400],
  ['ServiceQuotaExceededException', 400],
  ['AccessDeniedException', 403],
  ['ResourceNotFoundException', 404],
  ['ModelTimeoutException', 408],
  ['ModelErrorException', 424],
  ['ModelStreamErrorException', 424],
  ['ThrottlingException', 429],
  ['ModelNotReadyException', 429],
  ['InternalServerException', 500],
  ['ServiceUnavailableException', 503],
])
const typeOfStatus: ReadonlyMap<number, string> = new Map([
  [400, 'ValidationException'],
  [401, 'AccessDeniedException'],
  [403, 'AccessDeniedException'],
  [404, 'ResourceNotFoundException'],
  [429, 'ThrottlingException'],
  [503, 'ServiceUnavailableException'],
  [504, 'ModelTimeoutException'],
])

/** Reads an error answer. Total: HTML, an empty body and a foreign error format are errors by their status. */
export function decodeError(status: number, body: string): GatewayError {
  return errorFromWire(status, undefined, asObject(parseJson(body)) ?? {})
}

/**
 * Reads an error object. The type is that of a stream's exception, else `__type`, which most bodies leave to a
 * header. A status below 400 is that of a stream that began well; the type then stands for the status.
 */
export function errorFromWire(status: number, exception: string | undefined, body: JsonObject): GatewayError {
  const type = exception === undefined ? shortName(asString(body['__type'])) : upper(exception)
  const told = status >= 400 ? status : (statusOfType.get(type ?? '') ?? status)
  return faultFromStatus(told === 424 ? 500 : told, {
    // 424 says that the model failed on its own: nothing that the caller could mend.
    type,
    message: asString(body['message']) ?? asString(body['Message']),
  })
}

/** `com.amazon.coral.service#UnrecognizedClientException` and `ValidationException:http://...`, bare. */
function shortName(type: string | undefined): string | undefined {
  return type?.slice(type.indexOf('#') + 1).split(':', 1)[0]
}

/** Streams name the same exceptions with a small first letter. */
function upper(name: string): string {
  return name.slice(0, 1).toUpperCase() + name.slice(1)
}

/** The body for any failure. `code` is the gateway's own, beside the type. */
export function encodeError(error: GatewayError): JsonObject {
  return { __type: typeOf(error), message: error.message, code: error.code }
}

/** The name of the stream's exception for any failure. */
export function exceptionOf(error: GatewayError): string {
  const type = typeOf(error)
  return type.slice(0, 1).toLowerCase() + type.slice(1)
}

function typeOf({ status }: GatewayError): string {
  return typeOfStatus.get(status) ?? (status < 500 ? 'ValidationException' : 'InternalServerException')
}
