/** Writes acts into the audit, without the secrets that they carry. */

import { createHash } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { isObject, type Json, type JsonObject } from '../core/json.ts'
import { linkAct } from './chain.ts'
import type { AuditAct, AuditStore } from './port.ts'

export interface AuditLog {
  /** Gives the record's number. Rejects where it cannot be kept: then the act must not be done. */
  record(act: AuditAct): Promise<number>
}

export function createAuditLog(store: AuditStore, clock: Clock): AuditLog {
  return {
    async record(act) {
      const { before, after, ...rest } = act
      const safe: AuditAct = {
        ...rest,
        ...(before !== undefined && { before: withoutSecrets(before) }),
        ...(after !== undefined && { after: withoutSecrets(after) }),
      }
      const { seq } = await store.append((head) => linkAct(safe, head, clock.nowMs()))
      return seq
    },
  }
}

const secretName = /secret|password|passphrase|token$|api_?key$|authorization|credential|private_?key/i
/** Golden sets and suites are sent whole, as files: what stands in the chain is never deleted, and they may hold what callers wrote. */
const contentName = 'files'
/** Beyond this, any text stands as its fingerprint. */
const maxTextLength = 2_000
const maxDepth = 12

/**
 * Members named like secrets, the contents of files, and long texts become fingerprints: equal ones can be told, and
 * no more.
 */
export function withoutSecrets(value: Json, depth = 0): Json {
  if (depth > maxDepth) return fingerprint(JSON.stringify(value))
  if (typeof value === 'string') return value.length > maxTextLength ? fingerprint(value) : value
  if (Array.isArray(value)) return value.map((item: Json) => withoutSecrets(item, depth + 1))
  if (!isObject(value)) return value
  const members = Object.entries(value).flatMap(([name, member]) => {
    if (member === undefined) return []
    if (name === contentName && isObject(member)) return [[name, fingerprints(member)] as const]
    const isSecret = typeof member === 'string' && secretName.test(name)
    return [[name, isSecret ? fingerprint(member) : withoutSecrets(member, depth + 1)] as const]
  })
  return Object.fromEntries(members)
}

function fingerprints(files: JsonObject): JsonObject {
  return Object.fromEntries(
    Object.entries(files).map(([path, content]) => [path, fingerprint(JSON.stringify(content))]),
  )
}

/** Of 48 bits: enough to tell two apart, too short to find a strong secret again. */
function fingerprint(text: string): string {
  return `sha256:${createHash('sha256').update(text).digest('hex').slice(0, 12)}`
}
