/** How much of the end of a stream may still become a finding: what is held back, and no more. */

/** What is in groups (numbers of cards and accounts, of telephones) is not longer than this. */
const maxGrouped = 48

/**
 * Of built-in detectors: from the last word on, with the groups of digits and capitals before it, or from the
 * beginning of a private key that has not ended.
 */
export function openForms(text: string): number {
  let at = wordStart(text, text.length)
  const least = Math.max(0, text.length - maxGrouped)
  for (let end = spaceStart(text, at); at > least && end > 0; end = spaceStart(text, at)) {
    const start = wordStart(text, end)
    if (!/^[0-9A-Z+().-]{1,24}$/.test(text.slice(start, end))) break
    at = start
  }
  const key = text.lastIndexOf('-----BEGIN ')
  return key >= 0 && !text.includes('-----END ', key) ? Math.min(at, key) : at
}

/** Of what is no longer than so many units: from there on, and back to the beginning of the word. */
export function openLength(length: number): (text: string) => number {
  return (text) => wordStart(text, Math.max(0, text.length - length))
}

function wordStart(text: string, end: number): number {
  let at = end
  while (at > 0 && text.charCodeAt(at - 1) > 32) at--
  return at
}

function spaceStart(text: string, end: number): number {
  let at = end
  while (at > 0 && text.charCodeAt(at - 1) <= 32) at--
  return at
}
