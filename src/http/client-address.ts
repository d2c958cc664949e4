/** Where a request really comes from, behind proxies that are trusted to say so. */

import type { IncomingMessage } from 'node:http'
import { BlockList, isIP } from 'node:net'

export type ClientAddressOf = (request: IncomingMessage) => string | undefined

/**
 * Reads `x-forwarded-for` from its end, past the trusted proxies, and only where the peer itself is one: what a
 * stranger writes there is worth nothing. `trusted` holds addresses and ranges that have been checked.
 */
export function createClientAddressOf(trusted: readonly string[]): ClientAddressOf {
  const isTrusted = createTrustOf(trusted)
  return (request) => {
    const peer = plain(request.socket.remoteAddress)
    const forwarded = request.headers['x-forwarded-for']
    if (trusted.length === 0 || forwarded === undefined || peer === undefined || !isTrusted(peer)) return peer
    const hops = String(forwarded)
      .split(',')
      .map((hop) => plain(hop.trim()) ?? '')
    let client = peer
    for (const hop of hops.toReversed()) {
      if (isIP(hop) === 0) return client // garbage: nothing before it can be believed either
      client = hop
      if (!isTrusted(hop)) return client
    }
    return client
  }
}

/** Is this address, in its own form or as it arrived over an IPv6 socket, among those that are trusted? */
export function createTrustOf(trusted: readonly string[]): (address: string) => boolean {
  const list = new BlockList()
  for (const range of trusted) {
    const [address = '', prefix] = range.split('/')
    const family = familyOf(address)
    if (prefix === undefined) list.addAddress(address, family)
    else list.addSubnet(address, Number(prefix), family)
  }
  return (address) => {
    const text = plain(address) ?? ''
    return isIP(text) !== 0 && list.check(text, familyOf(text))
  }
}

function familyOf(address: string): 'ipv4' | 'ipv6' {
  return isIP(address) === 6 ? 'ipv6' : 'ipv4'
}

/** An IPv4 address that arrived over an IPv6 socket, in its own form. */
function plain(address: string | undefined): string | undefined {
  return address?.startsWith('::ffff:') && address.includes('.') ? address.slice(7) : address
}
