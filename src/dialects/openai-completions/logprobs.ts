/** Log probabilities in parallel lists, to and from the canonical form. */

import type { TokenLogprob } from '../../core/event.ts'
import { asArray, asNumber, asObject, asString, type Json, type JsonObject } from '../../core/json.ts'

/** The tokens of one choice. The first token of an echoed prompt has no probability and is left out. */
export function logprobsFromWire(value: Json | undefined): TokenLogprob[] {
  const lists = asObject(value)
  const logprobs = asArray(lists?.['token_logprobs'])
  const top = asArray(lists?.['top_logprobs'])
  return asArray(lists?.['tokens']).flatMap((item, index) => {
    const token = asString(item)
    const logprob = asNumber(logprobs[index])
    if (token === undefined || logprob === undefined) return []
    const others = Object.entries(asObject(top[index]) ?? {}).flatMap(([other, value]) =>
      typeof value === 'number' ? [{ token: other, logprob: value }] : [],
    )
    return [others.length > 0 ? { token, logprob, top: others } : { token, logprob }]
  })
}

/** The lists; `offset` is the length of the text of this choice before these tokens, in UTF-16 units. */
export function logprobsToWire(values: readonly TokenLogprob[], offset: number): JsonObject {
  const offsets: number[] = []
  let at = offset
  for (const { token } of values) {
    offsets.push(at)
    at += token.length
  }
  const hasTop = values.some(({ top }) => top !== undefined)
  return {
    tokens: values.map(({ token }) => token),
    token_logprobs: values.map(({ logprob }) => logprob),
    top_logprobs: hasTop ? values.map(({ top }) => topToWire(top)) : null,
    text_offset: offsets,
  }
}

function topToWire(top: TokenLogprob['top']): JsonObject {
  return Object.fromEntries((top ?? []).map(({ token, logprob }) => [token, logprob]))
}
