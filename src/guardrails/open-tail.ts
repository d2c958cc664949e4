/** How much of the end of a stream may still become a finding: what is held back, and no more. */

import { endsAnywhere } from '../detectors/scripts.ts'

/** What is in groups (numbers of cards and accounts, of telephones) is not longer than this. */
const maxGrouped = 48
/** Nor is an address of mail, nor what stands before the host of a URL. */
const maxJoined = 320
/** Nor the label of a key. */
const maxLabel = 64

/**
 * Of built-in detectors: from the last word on, with the groups of digits and capitals before it, or from where a
 * private key may begin.
 */
export function openForms(text: string): number {
  const last = groupsBefore(text, text.length)
  const label = text.lastIndexOf('-----BEGIN ')
  return label >= text.length - maxLabel && label >= 0 ? Math.min(last, groupsBefore(text, label)) : last
}

/** Where the word that ends here begins, or the groups that stand before it. */
function groupsBefore(text: string, from: number): number {
  let at = formStart(text, from)
  const least = Math.max(0, at - maxGrouped)
  for (let end = spaceStart(text, at); at > least && end > 0; end = spaceStart(text, at)) {
    const start = wordStart(text, end)
    const group = /[0-9A-Z+().\u00a0\u2007-\u2013\u202f-]{1,24}$/.exec(
      text.slice(Math.max(start, end - 24), end),
    )
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

/** Back over what has no spaces too, where it is of an address. */
function formStart(text: string, end: number): number {
  const start = wordStart(text, end)
  let at = start
  while (at > 0 && at > end - maxJoined && text.charCodeAt(at - 1) > 32) at--
  return isJoined(text.slice(at, end)) ? Math.min(at, start) : start
}

function isJoined(text: string): boolean {
  return text.includes('@') || text.includes('://')
}

/** A word ends at a space, and anywhere in scripts that have none. */
function wordStart(text: string, end: number): number {
  let at = end
  while (at > 0 && text.charCodeAt(at - 1) > 32 && !endsAnywhere(text.charCodeAt(at - 1))) at--
  return at
}

function spaceStart(text: string, end: number): number {
  let at = end
  while (at > 0 && text.charCodeAt(at - 1) <= 32) at--
  return at
}
