/** The chain itself: how a record is bound to the one before it, and how a chain is held to its hashes. */

import { createHash } from 'node:crypto'
import { asObject, asString, parseJson } from '../core/json.ts'
import { canonicalJson } from '../judgement/suite/case-id.ts'
import type { AuditAct, AuditHead, AuditLink, AuditRecord, AuditStore } from './port.ts'

/** The hash before the first record. */
export const genesisHash = '0'.repeat(64)

export function linkAct(act: AuditAct, head: AuditHead, atMs: number): AuditLink {
  const record: AuditRecord = { ...act, seq: head.seq + 1, atMs }
  const { seq, org, action, object, actor } = record
  const body = canonicalJson(record)
  const hash = hashOf(head.hash, body)
  return { seq, org, atMs, action, object, actor, body, previousHash: head.hash, hash }
}

/** SHA-256 of the previous hash and the canonical record; the previous hash is hexadecimal, and a line break ends it. */
function hashOf(previousHash: string, body: string): string {
  return createHash('sha256').update(`${previousHash}\n${body}`).digest('hex')
}

export interface ChainProof {
  /** How many records are right, from the first on. */
  readonly records: number
  /** The last right one. */
  readonly head: AuditHead
  /** The first that is not right. */
  readonly fault?: { readonly seq: number; readonly what: string }
}

const pageSize = 1000
/** Before every number that a record may have been given, also by others than Weir. */
const beforeAll = Number.MIN_SAFE_INTEGER

/**
 * Follows the chain from its start. What it cannot see by itself is a cut end together with a forged head: that
 * takes `published`, a hash that was noted elsewhere and must be in the chain.
 */
export async function verifyChain(store: AuditStore, published?: string): Promise<ChainProof> {
  // Read first: what is added meanwhile comes after it.
  const claimed = await store.head()
  let head: AuditHead = { seq: 0, hash: genesisHash }
  let isPublishedSeen = published === undefined
  for (let after = beforeAll; ; after = head.seq) {
    const page = await store.chain(after, pageSize)
    for (const link of page) {
      const what = faultOf(link, head)
      if (what !== undefined) return { records: head.seq, head, fault: { seq: head.seq + 1, what } }
      head = { seq: link.seq, hash: link.hash }
      isPublishedSeen ||= link.hash === published
      if (head.seq === claimed.seq && head.hash !== claimed.hash) {
        return { records: head.seq - 1, head, fault: { seq: head.seq, what: 'it is not the noted head' } }
      }
    }
    if (page.length < pageSize) break
  }
  const missing = (what: string): ChainProof => ({
    records: head.seq,
    head,
    fault: { seq: head.seq + 1, what },
  })
  const noted = await store.head()
  if (head.seq > noted.seq) {
    const what = 'it is behind the noted head: nobody has recorded it'
    return { records: noted.seq, head: noted, fault: { seq: noted.seq + 1, what } }
  }
  if (head.seq < claimed.seq) return missing(`missing: the chain should go to ${claimed.seq}`)
  if (!isPublishedSeen) return missing('missing: no record has the published hash')
  return { records: head.seq, head }
}

function faultOf(link: AuditLink, head: AuditHead): string | undefined {
  if (link.seq !== head.seq + 1) return `missing: the next record is ${link.seq}`
  if (link.previousHash !== head.hash) return 'it does not follow the record before it'
  if (link.hash !== hashOf(link.previousHash, link.body)) return 'its content is not what was hashed'
  const record = asObject(parseJson(link.body))
  const isSame =
    record?.['seq'] === link.seq &&
    record['atMs'] === link.atMs &&
    (['org', 'action', 'object', 'actor'] as const).every((name) => asString(record[name]) === link[name])
  return isSame ? undefined : 'its columns are not what was hashed'
}
