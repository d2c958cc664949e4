/** Citations and log probabilities, to and from their form in Chat Completions. */

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

const dialect = 'openai-chat'

/** An entry of `annotations`: a `url_citation`, or a form of the provider's own, which is kept as it is. */
export function citationFromWire(value: Json): Citation {
  const cited = asObject(asObject(value)?.['url_citation']) ?? {}
  return {
    ...defined({
      url: asString(cited['url']),
      title: asString(cited['title']),
      citedText: asString(cited['content']),
      startIndex: asNumber(cited['start_index']),
      endIndex: asNumber(cited['end_index']),
    }),
    native: { dialect, value },
  }
}

/** Undefined for a citation of another dialect without an address: the dialect knows no other source. */
export function citationToWire(citation: Citation): Json | undefined {
  if (citation.native?.dialect === dialect) return citation.native.value
  if (citation.url === undefined) return undefined
  const { url, title = '', startIndex = 0, endIndex = 0 } = citation
  return {
    type: 'url_citation',
    url_citation: { url, title, start_index: startIndex, end_index: endIndex },
  }
}

/** The tokens of `logprobs.content` or `logprobs.refusal`; what is not one is left out. */
export function logprobsFromWire(list: Json | undefined): TokenLogprob[] {
  return asArray(list).flatMap((item) => {
    const value = tokenFromWire(item)
    if (value === undefined) return []
    const top = asArray(asObject(item)?.['top_logprobs']).flatMap((other) => tokenFromWire(other) ?? [])
    return [top.length > 0 ? { ...value, top } : value]
  })
}

function tokenFromWire(item: Json): Omit<TokenLogprob, 'top'> | undefined {
  const entry = asObject(item)
  const token = asString(entry?.['token'])
  const logprob = asNumber(entry?.['logprob'])
  if (entry === undefined || token === undefined || logprob === undefined) return undefined
  const { bytes } = entry
  return { token, logprob, bytes: Array.isArray(bytes) ? (bytes as number[]) : null }
}

/** The members are mandatory: an unknown `bytes` is null, no alternatives are an empty list. */
export function logprobsToWire(values: readonly TokenLogprob[]): JsonObject[] {
  return values.map(({ token, logprob, bytes = null, top = [] }) => ({
    token,
    logprob,
    bytes,
    top_logprobs: top.map((other) => ({
      token: other.token,
      logprob: other.logprob,
      bytes: other.bytes ?? null,
    })),
  }))
}
