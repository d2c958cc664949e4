/** Tells whether two requests under one `idempotency-key` are the same: their route, and a digest of what they ask. */

import { createHash, type Hash } from 'node:crypto'
import { isObject, type Json } from '../core/json.ts'
import type { Fingerprint } from '../gateway/parts.ts'
import type { RawBody } from '../upstream/forward.ts'
import type { RequestSource } from './routes.ts'

/** The same source, and the request's fingerprint once its body has been read from it. */
export function withFingerprint(
  source: RequestSource,
  path: string,
): { readonly source: RequestSource; fingerprint(): Fingerprint } {
  const hash = createHash('sha256')
  const query = new URLSearchParams(source.query)
  query.delete('key') // a caller's key says who asks, not what
  hash.update(query.toString())
  return {
    source: {
      ...source,
      async json() {
        const value = await source.json()
        addJson(hash, value)
        return value
      },
      async raw() {
        const body = await source.raw()
        addRaw(hash, body)
        return body
      },
    },
    fingerprint: () => ({ route: `${source.method} ${path}`, bodySha256: hash.digest('hex') }),
  }
}

/** In one form, however the client has spaced and ordered it. */
function addJson(hash: Hash, value: Json | undefined): void {
  if (Array.isArray(value)) {
    hash.update('[')
    for (const item of value as readonly Json[]) {
      addJson(hash, item)
      hash.update(',')
    }
    hash.update(']')
  } else if (isObject(value)) {
    hash.update('{')
    for (const name of Object.keys(value).toSorted()) {
      hash.update(`${JSON.stringify(name)}:`)
      addJson(hash, value[name])
      hash.update(',')
    }
    hash.update('}')
  } else hash.update(JSON.stringify(value) ?? 'null')
}

function addRaw(hash: Hash, body: RawBody): void {
  if (body.kind === 'none') return
  if (body.kind === 'json') {
    addJson(hash, body.value)
    return
  }
  // A form that is sent twice differs in nothing but its boundary, which clients draw by chance.
  const boundary = /boundary="?([^";]+)"?/i.exec(body.contentType)?.[1]
  const type = boundary === undefined ? body.contentType : body.contentType.replace(boundary, '')
  hash.update(`${type}\n`)
  if (boundary === undefined) {
    hash.update(body.bytes)
    return
  }
  let from = 0
  for (let at = 0; (at = body.bytes.indexOf(boundary, from)) >= 0; from = at + boundary.length) {
    hash.update(body.bytes.subarray(from, at)).update('\0')
  }
  hash.update(body.bytes.subarray(from))
}
