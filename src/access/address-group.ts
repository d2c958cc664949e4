/** Whose an address is, as far as tries are counted: a host of IPv6 has a whole /64 to itself, and any address in it. */

import { isIPv6 } from 'node:net'

/** An IPv4 address, also one that is written as IPv6, is its own group; others of IPv6 are that of their first 64 bits. */
export function addressGroup(address: string): string {
  const [text = ''] = address.split('%', 1)
  if (!isIPv6(text)) return text
  // The URL parser writes every form of an address alike: in lower case, without dots, zeros left out once.
  const [head = '', tail = ''] = new URL(`http://[${text}]`).hostname.slice(1, -1).split('::')
  const [first, last] = [fieldsOf(head), fieldsOf(tail)]
  const zeros = Array.from({ length: 8 - first.length - last.length }, () => 0)
  const fields = [...first, ...zeros, ...last]
  const isMapped = fields.slice(0, 5).every((field) => field === 0) && fields[5] === 0xffff
  if (!isMapped) return `${fields.slice(0, 4).map(hex).join(':')}::/64`
  return fields
    .slice(6)
    .flatMap((field) => [field >> 8, field & 0xff])
    .join('.')
}

function fieldsOf(text: string): number[] {
  return text === '' ? [] : text.split(':').map((field) => Number.parseInt(field, 16))
}

function hex(field: number): string {
  return field.toString(16)
}
