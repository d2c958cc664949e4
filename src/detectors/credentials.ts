/** Finds what opens a door: keys whose issuers gave them a form to be found by, private keys, passwords in URLs. */

import type { Detector, Finding } from './finding.ts'
import { byPattern } from './matches.ts'

/** One class of characters behind each prefix, and no run is begun within another: nothing to backtrack over. */
const forms = [
  'sk-[A-Za-z0-9_-]{20,220}', // OpenAI, Anthropic, OpenRouter and their like
  'weir_[A-Za-z0-9]{12}_[A-Za-z0-9_-]{43,60}',
  'gh[opsur]_[A-Za-z0-9]{36,255}',
  'github_pat_[A-Za-z0-9_]{36,255}',
  'glpat-[A-Za-z0-9_-]{20,64}',
  '(?:AKIA|ASIA)[A-Z0-9]{16}',
  'AIza[A-Za-z0-9_-]{35}',
  'ya29\\.[A-Za-z0-9_-]{20,1024}',
  'xox[abeoprs]-[A-Za-z0-9-]{10,255}',
  '[rs]k_(?:live|test)_[A-Za-z0-9]{16,255}',
  'hf_[A-Za-z0-9]{30,64}',
  'npm_[A-Za-z0-9]{36}',
  'pypi-[A-Za-z0-9_-]{50,255}',
  'SG\\.[A-Za-z0-9_-]{16,32}\\.[A-Za-z0-9_-]{16,64}',
  'hvs\\.[A-Za-z0-9_-]{24,255}',
  'eyJ[A-Za-z0-9_-]{10,4096}\\.eyJ[A-Za-z0-9_-]{10,8192}\\.[A-Za-z0-9_-]{10,1024}', // a JSON Web Token
]

export const credentials = byPattern(
  'credential',
  new RegExp(`(?<![A-Za-z0-9_-])(?:${forms.join('|')})(?![A-Za-z0-9_-])`, 'g'),
)

const begin = '-----BEGIN '
const ending = '-----'

/** RFC 7468 and RFC 9580, to its end or, where that was cut off, to the end of the text. */
export const privateKeys: Detector = {
  kind: 'private-key',
  find(text, from = 0) {
    const findings: Finding[] = []
    for (let start = text.indexOf(begin, from); start >= 0;) {
      const labelEnd = text.indexOf(ending, start + begin.length)
      const label = labelEnd < 0 ? '' : text.slice(start + begin.length, labelEnd)
      if (label.length > 40 || !/PRIVATE KEY(?: BLOCK)?$/.test(label)) {
        start = text.indexOf(begin, start + begin.length)
        continue
      }
      const until = `-----END ${label}${ending}`
      const close = text.indexOf(until, labelEnd)
      if (close < 0) findings.push({ kind: 'private-key', start, end: text.length, until })
      else findings.push({ kind: 'private-key', start, end: close + until.length })
      start = close < 0 ? -1 : text.indexOf(begin, close + until.length)
    }
    return findings
  },
}

const maxUserInfo = 256

/** The password of `scheme://user:password@host`. */
export const passwordsInUrls: Detector = {
  kind: 'url-password',
  find(text, from = 0) {
    const findings: Finding[] = []
    for (let at = text.indexOf('://', from); at >= 0; at = text.indexOf('://', at + 3)) {
      let colon = -1
      let end = -1
      const most = Math.min(text.length, at + 3 + maxUserInfo)
      for (let next = at + 3; next < most && !isBreak(text.charCodeAt(next)); next++) {
        // The last one ends it: those before are of the password.
        if (text[next] === '@') end = next
        else if (colon < 0 && end < 0 && text[next] === ':') colon = next
      }
      if (colon >= 0 && end > colon + 1) {
        findings.push({ kind: 'url-password', start: colon + 1, end, since: at })
      }
    }
    return findings
  },
}

/** What ends the authority of a URL: space, quotes, `/`, `?`, `#`, `<`, `>`. */
function isBreak(code: number): boolean {
  return (
    code <= 32 ||
    code === 34 ||
    code === 39 ||
    code === 47 ||
    code === 63 ||
    code === 35 ||
    code === 60 ||
    code === 62
  )
}
