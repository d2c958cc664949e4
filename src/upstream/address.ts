/** The table of address ranges that outbound calls may not reach, and the reading of an address from its text. */

import { isIPv4, isIPv6 } from 'node:net'

/**
 * `public`: anyone may be sent there. `private`: loopback, RFC 1918, shared (CGNAT) and unique local ranges, which
 * an operator may open. `forbidden`: link-local, multicast, reserved and cloud metadata, which nobody may open.
 */
export type AddressClass = 'public' | 'private' | 'forbidden'

type Verdict = AddressClass | ((bits: bigint) => AddressClass)
interface Range {
  readonly prefix: bigint
  readonly hostBits: bigint
  readonly verdict: Verdict
}

/** The class of an address in text form, a zone id allowed. Text that is no address is `forbidden`. Pure. */
export function classifyAddress(address: string): AddressClass {
  const text = address.split('%', 1)[0] ?? ''
  if (isIPv4(text)) return classify(readIPv4(text), ranges4)
  if (isIPv6(text)) return classify(readIPv6(text), ranges6)
  return 'forbidden'
}

const low32 = 0xffff_ffffn

// Sources: the IANA special-purpose registries of IPv4 and IPv6 (RFC 6890), and the metadata addresses of the
// clouds. The first row that holds the address decides, so exceptions stand before the range that they are in.

const ranges4: readonly Range[] = [
  range4('0.0.0.0', 8, 'forbidden'), // "this network": Linux connects 0.0.0.0 to the machine itself
  range4('10.0.0.0', 8, 'private'),
  range4('100.100.100.200', 32, 'forbidden'), // Alibaba Cloud metadata
  range4('100.64.0.0', 10, 'private'),
  range4('127.0.0.0', 8, 'private'),
  range4('168.63.129.16', 32, 'forbidden'), // Azure platform address, in the middle of public space
  range4('169.254.0.0', 16, 'forbidden'), // link-local; metadata of AWS, Azure, Google and others
  range4('172.16.0.0', 12, 'private'),
  range4('192.0.0.0', 24, 'forbidden'), // IETF protocols; Oracle Cloud metadata
  range4('192.0.2.0', 24, 'forbidden'),
  range4('192.88.99.0', 24, 'forbidden'), // 6to4 relays
  range4('192.168.0.0', 16, 'private'),
  range4('198.18.0.0', 15, 'forbidden'),
  range4('198.51.100.0', 24, 'forbidden'),
  range4('203.0.113.0', 24, 'forbidden'),
  range4('224.0.0.0', 4, 'forbidden'),
  range4('240.0.0.0', 4, 'forbidden'),
  range4('0.0.0.0', 0, 'public'),
]

// Only 2000::/3 is assigned to global unicast: everything that no row opens is forbidden.
const ranges6: readonly Range[] = [
  range6('::1', 128, 'private'),
  range6('::ffff:0:0', 96, (bits) => classify(bits & low32, ranges4)), // the same connection as plain IPv4
  range6('64:ff9b::', 96, (bits) => classifyCarrier(bits)), // NAT64, RFC 6052
  range6('64:ff9b:1::', 48, classifyLocalNat64),
  range6('fd00:ec2::254', 128, 'forbidden'), // AWS metadata
  range6('fd20:ce::254', 128, 'forbidden'), // Google Cloud metadata
  range6('fc00::', 7, 'private'),
  range6('2001::', 23, 'forbidden'), // IETF protocols, Teredo among them
  range6('2001:db8::', 32, 'forbidden'),
  range6('2002::', 16, (bits) => classifyCarrier(bits >> 80n)), // 6to4, RFC 3056
  range6('3fff::', 20, 'forbidden'), // documentation, RFC 9637
  range6('2000::', 3, 'public'),
]

function range4(prefix: string, length: number, verdict: Verdict): Range {
  const hostBits = BigInt(32 - length)
  return { prefix: readIPv4(prefix) >> hostBits, hostBits, verdict }
}

function range6(prefix: string, length: number, verdict: Verdict): Range {
  const hostBits = BigInt(128 - length)
  return { prefix: readIPv6(prefix) >> hostBits, hostBits, verdict }
}

function classify(bits: bigint, ranges: readonly Range[]): AddressClass {
  const found = ranges.find((range) => bits >> range.hostBits === range.prefix)
  if (found === undefined) return 'forbidden'
  return typeof found.verdict === 'string' ? found.verdict : found.verdict(bits)
}

/** An IPv6 address that carries an IPv4 one through a translator may lead to public space only (RFC 6052, 3.1). */
function classifyCarrier(bits: bigint): AddressClass {
  return classify(bits & low32, ranges4) === 'public' ? 'public' : 'forbidden'
}

/**
 * 64:ff9b:1::/48 (RFC 8215) does not say where the IPv4 address stands: in the last 32 bits, or split around the
 * octet 64..71 as RFC 6052 has it for a prefix of 48 bits. Both readings must be public.
 */
function classifyLocalNat64(bits: bigint): AddressClass {
  const split = (((bits >> 64n) & 0xffffn) << 16n) | ((bits >> 40n) & 0xffffn)
  const isPublic = classifyCarrier(bits) === 'public' && classifyCarrier(split) === 'public'
  return isPublic ? 'public' : 'forbidden'
}

function readIPv4(text: string): bigint {
  return text.split('.').reduce((bits, octet) => (bits << 8n) | BigInt(octet), 0n)
}

/** Reads text that `isIPv6` has accepted, so that there is at most one `::`. */
function readIPv6(text: string): bigint {
  const [head = '', tail] = text.split('::')
  const left = groupsOf(head)
  const right = tail === undefined ? [] : groupsOf(tail)
  const zeros = Array.from({ length: 8 - left.length - right.length }, () => 0n)
  return [...left, ...zeros, ...right].reduce((bits, group) => (bits << 16n) | group, 0n)
}

function groupsOf(text: string): bigint[] {
  if (text === '') return []
  return text.split(':').flatMap((group) => {
    if (!group.includes('.')) return [BigInt(`0x${group}`)]
    const inner = readIPv4(group)
    return [inner >> 16n, inner & 0xffffn]
  })
}
