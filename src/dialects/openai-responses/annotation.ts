/** Annotations and log probabilities of output text, to and from the canonical form. */

import type { Citation, TokenLogprob } from '../../core/event.ts'
import {
  asArray,
  asNumber,
  asObject,
  asString,
  defined,
  type Json,
  type JsonObject,
} from '../../core/json.ts'
import { dialect } from './wire.ts'

/** Any of OpenAI's annotation types; those that point into files have no URL. */
export function citationFromWire(wire: JsonObject): Citation {
  return {
    ...defined({
      url: asString(wire['url']),
      title: asString(wire['title']) ?? asString(wire['filename']),
      startIndex: asNumber(wire['start_index']),
      endIndex: asNumber(wire['end_index']),
    }),
    native: { dialect, value: wire },
  }
}

/** Undefined where the citation names no web page. One without a place supports the text so far as a whole. */
export function citationToWire(citation: Citation, textLength: number): JsonObject | undefined {
  const { native, url } = citation
  if (native?.dialect === dialect) return native.value as JsonObject
  if (url === undefined) return undefined
  return {
    type: 'url_citation',
    url,
    title: citation.title ?? url,
    start_index: citation.startIndex ?? 0,
    end_index: citation.endIndex ?? textLength,
  }
}

export function logprobsFromWire(value: Json | undefined): TokenLogprob[] {
  return asArray(value).flatMap((item) => {
    const own = tokenFromWire(item)
    if (own === undefined) return []
    const top = asArray(asObject(item)?.['top_logprobs']).flatMap((other) => tokenFromWire(other) ?? [])
    return [{ ...own, top }]
  })
}

function tokenFromWire(value: Json): TokenLogprob | undefined {
  const object = asObject(value)
  const token = asString(object?.['token'])
  const logprob = asNumber(object?.['logprob'])
  if (object === undefined || token === undefined || logprob === undefined) return undefined
  const { bytes } = object
  const isBytes = Array.isArray(bytes) && bytes.every((byte) => typeof byte === 'number')
  return { token, logprob, ...(isBytes ? { bytes: bytes as readonly number[] } : {}) }
}

export function logprobToWire({ token, logprob, bytes, top }: TokenLogprob): JsonObject {
  return {
    token,
    logprob,
    bytes: bytes ?? utf8(token),
    top_logprobs: (top ?? []).map((other) => ({
      token: other.token,
      logprob: other.logprob,
      bytes: other.bytes ?? utf8(other.token),
    })),
  }
}

/** The member is mandatory here, and not all dialects have it. */
function utf8(token: string): readonly number[] {
  return [...new TextEncoder().encode(token)]
}
