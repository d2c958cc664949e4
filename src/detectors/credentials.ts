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

/** RFC 7468, to its end or, where that was cut off, to the end of the text. */
export const privateKeys: Detector = {
  kind: 'private-key',
  find(text, from = 0) {
    const findings: Finding[] = []
    for (let start = text.indexOf(begin, from); start >= 0;) {
      const labelEnd = text.indexOf(ending, start + begin.length)
      const label = labelEnd < 0 ? '' : text.slice(start + begin.length, labelEnd)
      if (label.length > 40 || !label.endsWith('PRIVATE KEY')) {
        start = text.indexOf(begin, start + begin.length)
        continue
      }
      const close = text.indexOf(`-----END ${label}${ending}`, labelEnd)
      const end = close < 0 ? text.length : close + `-----END ${label}${ending}`.length
      findings.push({ kind: 'private-key', start, end })
      start = text.indexOf(begin, end)
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
      let end = at + 3
      const most = Math.min(text.length, at + 3 + maxUserInfo)
      while (end < most && text[end] !== '@' && !isBreak(text.charCodeAt(end))) {
        if (colon < 0 && text[end] === ':') colon = end
        end++
      }
      if (colon >= 0 && text[end] === '@' && end > colon + 1) {
        findings.push({ kind: 'url-password', start: colon + 1, end })
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
