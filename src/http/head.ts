/** Judges a request's head before anything else looks at it: target, Host, and header names. */

import type { IncomingMessage } from 'node:http'
import { GatewayError } from '../core/error.ts'

export interface Head {
  /** The path as it was sent, decoded nowhere. */
  readonly path: string
  readonly query: URLSearchParams | undefined
  /** The query as it was sent, without the question mark. */
  readonly search: string
  /** The caller's key, from whichever header it came in. */
  readonly credential: string | undefined
}

/** Every spelling in which SDKs send a key. One principal comes of them all. */
const credentialHeaders: ReadonlyMap<string, number> = new Map([
  ['authorization', 1],
  ['x-api-key', 2],
  ['api-key', 4],
  ['x-goog-api-key', 8],
])

const hostPattern = /^(?:[A-Za-z0-9](?:[A-Za-z0-9.-]{0,252})|\[[0-9A-Fa-f:.]{2,45}\])(?::\d{1,5})?$/
const maxTargetLength = 8192

/**
 * Throws GatewayError `invalid_request` for what Node accepts and a gateway must not: a version of HTTP that no
 * HTTP/1 server speaks, two Host headers or a malformed one, targets that are not plain paths, header names that other servers fold together, a transfer
 * coding other than `chunked` or one that HTTP/1.0 does not have, a credential header twice, and two credentials
 * that differ.
 */
export function readHead(request: IncomingMessage): Head {
  // Node's parser takes the line of HTTP/2.0 and HTTP/0.9 as well.
  if (request.httpVersionMajor !== 1) throw invalid('Only HTTP/1.1 and HTTP/1.0 are spoken here.')
  const credential = readHeaders(request)
  const target = request.url ?? ''
  if (target.length > maxTargetLength) throw invalid('The URL is too long.')
  const mark = target.indexOf('?')
  const path = mark < 0 ? target : target.slice(0, mark)
  checkPath(path)
  const search = mark < 0 ? '' : target.slice(mark + 1)
  return { path, query: mark < 0 ? undefined : new URLSearchParams(search), search, credential }
}

function readHeaders({ rawHeaders, httpVersionMinor }: IncomingMessage): string | undefined {
  let hosts = 0
  /** The bits of the spellings that have come. */
  let spellings = 0
  let credential: string | undefined
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const name = rawHeaders[i]!.toLowerCase()
    const value = rawHeaders[i + 1]!
    if (name === 'host') {
      hosts++
      if (!hostPattern.test(value)) throw invalid('The Host header is not a host name with an optional port.')
    } else if (name === 'transfer-encoding') {
      checkCoding(value, httpVersionMinor)
    } else if (credentialHeaders.has(name)) {
      const spelling = credentialHeaders.get(name)!
      if ((spellings & spelling) !== 0) throw invalid(`The header \`${name}\` may be sent once.`)
      spellings |= spelling
      const found = name === 'authorization' ? bearer(value) : value.trim()
      if (credential !== undefined && found !== credential) throw twoKeys()
      credential = found
    } else if (name.includes('_')) throw invalid('Header names may not contain an underscore.')
  }
  if (hosts !== 1) throw invalid('The request must have exactly one Host header.')
  return credential
}

/** To a proxy that speaks HTTP/1.0 the coding says nothing, and the body would be the next request. */
function checkCoding(coding: string, httpVersionMinor: number): void {
  if (coding.toLowerCase() !== 'chunked') throw invalid('Only `transfer-encoding: chunked` is accepted.')
  if (httpVersionMinor === 0) throw invalid('HTTP/1.0 has no transfer codings.')
}

/** The error for a request that does not say who asks. */
export function twoKeys(): GatewayError {
  return invalid('The request carries two different keys.')
}

function bearer(value: string): string {
  return /^bearer /i.test(value) ? value.slice(7).trim() : value.trim()
}

function checkPath(path: string): void {
  const isPlain = path.startsWith('/') && !path.startsWith('//') && !/[\\#;\u0000-\u0020\u007f]/.test(path)
  if (!isPlain || /%(?:00|2e|5c)/i.test(path) || /(?:^|\/)\.{1,2}(?:\/|$)/.test(path)) {
    throw invalid('The request target is not a plain path.')
  }
}

function invalid(message: string): GatewayError {
  return new GatewayError('invalid_request', message)
}
