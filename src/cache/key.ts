/** Names a question: the same for every dialect it is asked in, and for no other tenant, destination or demand. */

import { createHmac } from 'node:crypto'
import type { NativeFields } from '../core/event.ts'
import type { Json } from '../core/json.ts'
import type { GenRequest } from '../core/request.ts'

/** All that an answer depends on beside the request itself. */
export interface Setting {
  readonly org: string
  /** A route's name, or `provider/model`. */
  readonly destination: string
  /** Changes whenever what stands behind the destination does. */
  readonly revision: string
  /** Parameters that a target cannot carry are refused rather than dropped. */
  readonly isStrict: boolean
  /** What the destination's targets are chosen by beside the request: some callers get other answers than others. */
  readonly caller?: Json
}

/** The form of the keys: raised when what they are made of changes. */
const version = 1

/** What says who asks, how the answer is to be sent, or what is done with it, but not what is asked. */
const outside: ReadonlySet<string> = new Set<keyof GenRequest>([
  ...(['model', 'stream', 'includeUsage', 'user', 'session', 'metadata', 'store'] as const),
  ...(['previousResponseId', 'cache'] as const),
])

/** Names the whole question: an HMAC-SHA-256 under a key of the tenant's own. */
export function keyOf(setting: Setting, request: GenRequest): string {
  return digest(setting, canonicalJson(canonicalRequest(request)))
}

/** HMAC-SHA-256 of the setting and a text. JSON keeps the fields apart: no two lists of them read alike. */
export function digest(setting: Setting, text: string): string {
  const { org, destination, revision, isStrict, caller = null } = setting
  return createHmac('sha256', `weir answer cache ${version} ${org}`)
    .update(canonicalJson([org, destination, revision, isStrict, caller]))
    .update('\n')
    .update(text)
    .digest('base64url')
}

/** The request as far as the answer depends on it. */
export function canonicalRequest(request: GenRequest): Json {
  const members: Record<string, Json> = {}
  for (const [name, value] of Object.entries(request)) {
    if (outside.has(name) || value === undefined) continue
    const canonical = withoutHints(name, value as Json)
    if (canonical !== undefined) members[name] = canonical
  }
  return members
}

/** Drops the marks for providers' own prompt caches, and native fields whose wish the canonical form holds too. */
function withoutHints(name: string, value: Json | undefined): Json | undefined {
  if (name === 'native' && isNativeFields(value)) return nativeWishes(value)
  if (typeof value !== 'object' || value === null) return value
  if (Array.isArray(value)) return value.map((item) => withoutHints('', item as Json) ?? null)
  const members: Record<string, Json> = Object.create(null) as Record<string, Json>
  for (const [key, member] of Object.entries(value)) {
    if (member === undefined || (key === 'cache' && isHint(member))) continue
    const canonical = withoutHints(key, member as Json)
    if (canonical !== undefined) members[key] = canonical
  }
  return members
}

function isNativeFields(value: unknown): value is NativeFields & Json {
  return typeof value === 'object' && value !== null && 'dialect' in value && 'fields' in value
}

function nativeWishes({ dialect, fields, carried = [] }: NativeFields): Json | undefined {
  const wishes = Object.entries(fields).filter(([name]) => !carried.includes(name))
  if (wishes.length === 0) return undefined
  return { dialect, fields: Object.fromEntries(wishes) }
}

function isHint(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return false
  return Object.keys(value).every((name) => name === 'ttl')
}

/** JSON with the members of every object in one order, so that equal values are equal texts. */
export function canonicalJson(value: Json | undefined): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item as Json)).join(',')}]`
  const members = value as Readonly<Record<string, Json | undefined>>
  const names = Object.keys(members).filter((name) => members[name] !== undefined)
  return `{${names
    .toSorted()
    .map((name) => `${JSON.stringify(name)}:${canonicalJson(members[name])}`)
    .join(',')}}`
}
