/** How much of the end of a stream may still become a finding: what is held back, and no more. */

/** What is in groups (numbers of cards and accounts, of telephones) is not longer than this. */
const maxGrouped = 48

/**
 * Of built-in detectors: from the last word on, with the groups of digits and capitals before it, or from the
 * beginning of a private key that has not ended.
 */
export function openForms(text: string): number {
  const last = groupsBefore(text, text.length)
  const key = text.lastIndexOf('-----BEGIN ')
  return key >= 0 && !text.includes('-----END ', key) ? Math.min(last, groupsBefore(text, key)) : last
}

/** Where the word that ends here begins, or the groups that stand before it. */
function groupsBefore(text: string, from: number): number {
  let at = wordStart(text, from)
  const least = Math.max(0, at - maxGrouped)
  for (let end = spaceStart(text, at); at > least && end > 0; end = spaceStart(text, at)) {
    const start = wordStart(text, end)
    const group = /[0-9A-Z+().-]{1,24}$/.exec(text.slice(Math.max(start, end - 24), end))
    if (group === null) break
    at = start
    // What stands before the first group may be joined to it by anything.
    if (group[0].length < end - start) break
  }
  return at
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
