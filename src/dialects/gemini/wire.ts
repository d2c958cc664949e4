/** What both directions of the Gemini dialect read and write alike: field names, call ids, signatures, arguments. */

import type { Signature } from '../../core/event.ts'
import { parseBounded } from '../../core/bounded-json.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'
import { openSignature, sealSignature } from '../../core/signature.ts'

/**
 * The object with its own member names in lowerCamelCase. Protocol Buffers' JSON mapping lets a client send
 * `file_data` for `fileData`; values are untouched, since arguments and schemas have names of their own.
 */
export function camelKeys(object: JsonObject): JsonObject {
  const keys = Object.keys(object)
  if (!keys.some((key) => key.includes('_'))) return object
  const copy: Record<string, Json | undefined> = {}
  for (const key of keys) copy[key.replace(/(?<=[a-z])_([a-z])/g, toUpper)] = object[key]
  return copy
}

function toUpper(_match: string, letter: string): string {
  return letter.toUpperCase()
}

const derivedPrefix = 'gemini_call_'

/**
 * An id for a call that has none on the wire (Gemini then pairs call and result by name and order). It depends
 * on the place alone, so that a stream and a whole body give the same id.
 */
export function derivedCallId(...place: readonly (string | number)[]): string {
  return derivedPrefix + place.join('_')
}

/** True for an id that Weir made up: it never goes back onto the wire. */
export function isDerivedCallId(callId: string): boolean {
  return callId.startsWith(derivedPrefix)
}

// The field is declared as bytes, so official clients refuse what is not base64; this is base64 of `weir.`.
const sealedStart = 'd2Vpci'

/** The signature as the text of a `thoughtSignature` that goes to a client. */
export function toThoughtSignature(signature: Signature): string {
  const text = sealSignature(signature, 'gemini')
  return text === signature.value && signature.dialect === 'gemini'
    ? text
    : Buffer.from(text, 'utf8').toString('base64')
}

/** The signature in the text of a `thoughtSignature` that came from a client or from the provider. */
export function fromThoughtSignature(text: string): Signature {
  if (!text.startsWith(sealedStart)) return { dialect: 'gemini', value: text }
  const opened = openSignature(Buffer.from(text, 'base64').toString('utf8'), 'gemini')
  return opened.dialect === 'gemini' ? { dialect: 'gemini', value: text } : opened
}

/** A call's arguments as the object Gemini wants. Text that is no JSON object becomes its member `input`. */
export function argumentsObject(text: string, isFreeform: boolean): JsonObject {
  if (text.trim() === '' && !isFreeform) return {}
  const parsed = isFreeform ? undefined : parseBounded(text)
  return isObject(parsed) ? parsed : { input: text }
}
