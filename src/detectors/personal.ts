/** Finds what identifies a person: addresses, numbers and accounts in the forms that the world writes them. */

import type { Detector, Finding } from './finding.ts'
import { byPattern } from './matches.ts'

const maxLocalPart = 64
const maxDomain = 253

/** RFC 5321 without its quoted forms. From each `@` outwards, so that no text is walked twice. */
export const emails: Detector = {
  kind: 'email',
  find(text, from = 0) {
    const findings: Finding[] = []
    let free = from
    for (let at = text.indexOf('@', from); at >= 0; at = text.indexOf('@', at + 1)) {
      let start = at
      const least = Math.max(free, at - maxLocalPart)
      while (start > least && isLocal(text.charCodeAt(start - 1))) start--
      while (start < at && text[start] === '.') start++
      let end = at + 1
      const most = Math.min(text.length, at + 1 + maxDomain)
      while (end < most && isDomain(text.charCodeAt(end))) end++
      while (end > at + 1 && (text[end - 1] === '.' || text[end - 1] === '-')) end--
      const domain = text.slice(at + 1, end)
      if (start === at || !isDomainName(domain)) continue
      findings.push({ kind: 'email', start, end })
      free = end
    }
    return findings
  },
}

function isDomainName(domain: string): boolean {
  const first = domain[0]
  return first !== '.' && first !== '-' && !domain.includes('..') && /\.[A-Za-z]{2,24}$/.test(domain)
}

function isAlphanumeric(code: number): boolean {
  return (code >= 48 && code <= 57) || (code >= 65 && code <= 90) || (code >= 97 && code <= 122)
}

/** Letters beyond ASCII are allowed in addresses by RFC 6531. */
function isLocal(code: number): boolean {
  return isAlphanumeric(code) || code > 0xbf || "!#$%&'*+-/=?^_`{|}~.".includes(String.fromCharCode(code))
}

function isDomain(code: number): boolean {
  return isAlphanumeric(code) || code === 45 || code === 46 || code > 0xbf
}

/** E.164 with its plus sign, or the North American form with its separators: bare digits are any number. */
export const phones = byPattern(
  'phone',
  /(?<![\w+])(?:\+\d(?:[ ().-]{0,2}\d){7,14}|(?:\(\d{3}\) ?|\d{3}[-. ])\d{3}[-. ]\d{4})(?!\w)/g,
)

/** ISO/IEC 7812: 13 to 19 digits, grouped or not, whose last is the Luhn check digit. */
export const paymentCards = byPattern('payment-card', /(?<![\w.-])[2-6](?:[ -]?\d){12,18}(?![\w-])/g, {
  isOne: hasLuhnDigit,
})

function hasLuhnDigit(found: string): boolean {
  let sum = 0
  let isDoubled = false
  for (let at = found.length - 1; at >= 0; at--) {
    const digit = found.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) continue
    const value = isDoubled ? digit * 2 : digit
    sum += value > 9 ? value - 9 : value
    isDoubled = !isDoubled
  }
  return sum % 10 === 0
}

/** ISO 13616: a country, two check digits, and an account that makes the whole 1 modulo 97. */
export const bankAccounts = byPattern(
  'iban',
  /(?<![A-Za-z0-9])[A-Z]{2}\d{2}(?: ?[A-Z0-9]{4}){2,7}(?: ?[A-Z0-9]{1,3})?(?![A-Za-z0-9])/g,
  { isOne: hasCheckDigits },
)

function hasCheckDigits(found: string): boolean {
  const account = found.replaceAll(' ', '')
  if (account.length < 15 || account.length > 34) return false
  let remainder = 0
  for (const character of account.slice(4) + account.slice(0, 4)) {
    const value = Number.parseInt(character, 36)
    remainder = (remainder * (value > 9 ? 100 : 10) + value) % 97
  }
  return remainder === 1
}

/** Without the numbers that are never given out (SSA, since 2011). */
export const socialSecurityNumbers = byPattern(
  'us-ssn',
  /(?<![\w-])(?!000|666|9)\d{3}-(?!00)\d{2}-(?!0000)\d{4}(?![\w-])/g,
  { needle: '-' },
)

/** IPv4 in its usual form. */
export const ipAddresses = byPattern(
  'ip-address',
  /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?!\.?\w)/g,
  { needle: '.' },
)
