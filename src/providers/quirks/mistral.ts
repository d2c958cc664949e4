/** Patches for Mistral's API. */

import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../core/json.ts'
import { mapMessages, renamed } from './message.ts'

export function seedByOtherName(body: JsonObject): JsonObject {
  return renamed(body, 'seed', 'random_seed')
}

/** Members that change nothing in the answer. Others are left for the provider to refuse in its own words. */
const forbidden = new Set(['stream_options', 'user', 'safety_identifier', 'service_tier', 'store'])

export function withoutForbidden(body: JsonObject): JsonObject {
  return Object.fromEntries(Object.entries(body).filter(([name]) => !forbidden.has(name)))
}

/** Ids of other providers become nine characters, the same in a call and in its result. */
export function shortCallIds(body: JsonObject): JsonObject {
  return mapMessages(body, (message) => {
    const { tool_call_id: resultOf, tool_calls: calls } = message
    return {
      ...message,
      ...(typeof resultOf === 'string' ? { tool_call_id: shortId(resultOf) } : {}),
      ...(Array.isArray(calls)
        ? { tool_calls: (calls as readonly Json[]).map((call) => withShortId(call)) }
        : {}),
    }
  })
}

function withShortId(call: Json): Json {
  const id = asString(asObject(call)?.['id'])
  return id === undefined ? call : { ...asObject(call), id: shortId(id) }
}

const letters = '0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'

/** Nine characters for an id: itself where it is such, else two 32-bit FNV-1a hashes in base 62. */
function shortId(id: string): string {
  if (/^[A-Za-z0-9]{9}$/.test(id)) return id
  let number = BigInt(fnv1a(id, 0x811c9dc5)) * 0x100000000n + BigInt(fnv1a(id, 0x01000193))
  let text = ''
  for (let i = 0; i < 9; i++) {
    text += letters[Number(number % 62n)]
    number /= 62n
  }
  return text
}

function fnv1a(text: string, seed: number): number {
  let hash = seed
  for (let i = 0; i < text.length; i++) hash = Math.imul(hash ^ text.charCodeAt(i), 0x01000193)
  return hash >>> 0
}

export function thinkingInContent(body: JsonObject): JsonObject {
  return mapMessages(body, (message) => {
    const { reasoning_content: plain, reasoning, reasoning_details: details, ...rest } = message
    const text = asString(plain) || asString(reasoning)
    if (!text) return plain === undefined && reasoning === undefined && details === undefined ? message : rest
    const { content } = rest
    const parts =
      typeof content === 'string' && content !== '' ? [{ type: 'text', text: content }] : asArray(content)
    return { ...rest, content: [{ type: 'thinking', thinking: [{ type: 'text', text }] }, ...parts] }
  })
}

export function documentUrls(body: JsonObject): JsonObject {
  return mapMessages(body, (message) => {
    const { content } = message
    if (!Array.isArray(content)) return message
    return { ...message, content: (content as readonly Json[]).map(withDocumentUrl) }
  })
}

function withDocumentUrl(part: Json): Json {
  if (!isObject(part) || part['type'] !== 'file') return part
  const { file: wire, ...rest } = part
  const file = asObject(wire) ?? {}
  const url = asString(file['file_data'])
  if (url === undefined) return part
  const name = asString(file['filename'])
  return {
    ...rest,
    type: 'document_url',
    document_url: url,
    ...(name === undefined ? {} : { document_name: name }),
  }
}
