/** Finds what identifies a person: addresses, numbers and accounts in the forms that the world writes them. */

import type { Detector, Finding } from './finding.ts'
import { byPattern, endsGroup, isAlphanumeric } from './matches.ts'
import { firstWithoutSpaces } from './scripts.ts'

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
      if (start === at) continue
      const end = domainEnd(text, at + 1)
      if (end === undefined) continue
      findings.push({ kind: 'email', start, end })
      free = end
    }
    return findings
  },
}

/** Where the domain that begins here ends: behind the last of its labels that may be the topmost. */
function domainEnd(text: string, start: number): number | undefined {
  let end = start
  const most = Math.min(text.length, start + maxDomain)
  while (end < most && isDomain(text.charCodeAt(end)) && !text.startsWith('..', end)) end++
  // What is written without spaces goes on behind it.
  const name = /^[^.-].*\.[A-Za-z]{2,24}(?!-*[A-Za-z0-9\u00c0-\u0dff])/.exec(text.slice(start, end))?.[0]
  return name === undefined ? undefined : start + name.length
}

/** Letters beyond ASCII are allowed in addresses by RFC 6531; of scripts without spaces, the word before it would be too. */
function isLocal(code: number): boolean {
  if (code > 0x7f) return code < firstWithoutSpaces && isLetter(code)
  return isAlphanumeric(code) || "!#$%&'*+-/=?^_`{|}~.".includes(String.fromCharCode(code))
}

function isDomain(code: number): boolean {
  return code > 0x7f ? isLetter(code) : isAlphanumeric(code) || code === 45 || code === 46
}

function isLetter(code: number): boolean {
  return /[\p{L}\p{M}\p{N}]/u.test(String.fromCharCode(code))
}

/** Spaces that do not break a line, thin ones, and hyphens of typesetters stand between digits as those of ASCII do. */
const space = ' \\u00a0\\u2007-\\u200a\\u202f'
const hyphen = '\\u2010-\\u2013-'

/** E.164 with its plus sign, or the North American form with its separators: bare digits are any number. */
export const phones = byPattern(
  'phone',
  new RegExp(
    `(?<![\\w+])(?:\\+\\d(?:[${space}().${hyphen}]{0,2}\\d){7,14}|` +
      `(?:\\(\\d{3}\\)[${space}]?|\\d{3}[.${space}${hyphen}])\\d{3}[.${space}${hyphen}]\\d{4})(?!(?!x\\d)\\w)`,
    'g',
  ),
)

/** ISO/IEC 7812: 13 to 19 digits, grouped or not, whose last is the Luhn check digit. */
export const paymentCards = byPattern(
  'payment-card',
  new RegExp(`(?<![\\w.-])[2-6](?:[${space}${hyphen}]?\\d){12,18}(?![\\w-])`, 'g'),
  // The month and the year of its end, or its check number, may follow in groups that look alike.
  { lengthOf: cardLength },
)

/** Of the longest beginning whose last digit is its check digit. */
function cardLength(found: string): number {
  let length = 0
  let count = 0
  // Every other digit is doubled, which ones the number of digits says: with those of even places, or of odd ones.
  const sums: [number, number] = [0, 0]
  for (let at = 0; at < found.length; at++) {
    const digit = found.charCodeAt(at) - 48
    if (digit < 0 || digit > 9) continue
    const doubled = digit > 4 ? digit * 2 - 9 : digit * 2
    const isEven = count % 2 === 0
    sums[0] += isEven ? doubled : digit
    sums[1] += isEven ? digit : doubled
    count++
    if (count >= 13 && sums[count % 2 === 0 ? 0 : 1] % 10 === 0 && endsGroup(found, at + 1)) length = at + 1
  }
  return length
}

/** ISO 13616: a country, two check digits, and an account that makes the whole 1 modulo 97. */
export const bankAccounts = byPattern(
  'iban',
  new RegExp(
    `(?<![A-Za-z0-9])[A-Z]{2}\\d{2}(?:[${space}]?[A-Z0-9]{4}){2,7}(?:[${space}]?[A-Z0-9]{1,3})?(?![A-Za-z0-9])`,
    'g',
  ),
  { lengthOf: accountLength },
)

/** Of the longest beginning that is an account. */
function accountLength(found: string): number {
  const head = Array.from(found.slice(0, 4), (character) => Number.parseInt(character, 36)).join('')
  let length = 0
  let count = 4
  let remainder = 0
  for (let at = 4; at < found.length; at++) {
    const code = found.charCodeAt(at)
    if (!isAlphanumeric(code)) continue
    remainder = code < 58 ? (remainder * 10 + code - 48) % 97 : (remainder * 100 + code - 55) % 97
    count++
    if (count < 15 || count > 34 || !endsGroup(found, at + 1)) continue
    // The country and the check digits stand behind the account: six digits.
    if ((remainder * 1_000_000 + Number(head)) % 97 === 1) length = at + 1
  }
  return length
}

/** Without the numbers that are never given out (SSA, since 2011). */
export const socialSecurityNumbers = byPattern(
  'us-ssn',
  new RegExp(`(?<![\\w-])(?!000|666|9)\\d{3}[${hyphen}](?!00)\\d{2}[${hyphen}](?!0000)\\d{4}(?![\\w-])`, 'g'),
)

/** IPv4 in its usual form. */
export const ipAddresses = byPattern(
  'ip-address',
  /(?<![\w.])(?:(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)\.){3}(?:25[0-5]|2[0-4]\d|1\d\d|[1-9]?\d)(?!\.?\w)/g,
  { needle: '.' },
)
