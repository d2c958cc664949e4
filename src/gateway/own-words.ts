/** Takes what a caller said out of what a provider told about it: some quote the prompt that they refuse, and what is kept of requests has no prompts. */

import type { GatewayError } from '../core/error.ts'
import { textsOf } from '../guardrails/request-texts.ts'
import type { Call } from '../upstream/operation.ts'
import { withTexts } from '../upstream/without-credential.ts'

/** So many characters in a row are no accident. */
const minRun = 16
/** A text that is shorter is looked for as a whole. */
const minText = 8
const gramLength = 8
/** Of what was said, what is looked through; of what was told, what is kept. */
const maxSaid = 131_072
const maxTold = 4_000
/** Texts that repeat themselves are no reason to look at all of their places. */
const maxPlaces = 16
const gap = '…'

/** For the log and records; the same error where it quotes nothing. The client is told what its provider said. */
export function withoutOwnWords(error: GatewayError, call: Call | undefined): GatewayError {
  if (error.upstream === undefined || call === undefined) return error
  const said = saidIn(call)
  return withTexts(error, (told) => unquoted(told, said))
}

function saidIn(call: Call): readonly string[] {
  if (call.generation) return textsOf(call.generation.request).map(({ text }) => text)
  return call.texts?.()?.texts ?? call.said?.() ?? []
}

/** Told with a gap in place of each run of characters that stands in one of the texts too. Pure. */
export function unquoted(text: string, said: readonly string[]): string {
  const told = text.slice(0, maxTold)
  const hidden = new Uint8Array(told.length)
  for (const one of said) if (one.length < minRun) hideWhole(told, one.trim(), hidden)
  hideRuns(told, said.join('\u0000').slice(0, maxSaid), hidden)
  return withGaps(told, hidden)
}

function hideWhole(told: string, one: string, hidden: Uint8Array): void {
  if (one.length < minText) return
  for (let at = told.indexOf(one); at >= 0; at = told.indexOf(one, at + 1)) {
    hidden.fill(1, at, at + one.length)
  }
}

/** Every run of `minRun` holds a whole gram of those that the texts are cut into. */
function hideRuns(told: string, said: string, hidden: Uint8Array): void {
  const places = gramsOf(said)
  for (let at = 0; at + gramLength <= told.length; at++) {
    if (hidden[at] === 1) continue
    for (const from of places.get(told.slice(at, at + gramLength)) ?? []) {
      let before = 0
      while (before < Math.min(at, from) && told[at - before - 1] === said[from - before - 1]) before++
      let after = gramLength
      while (at + after < told.length && told[at + after] === said[from + after]) after++
      if (before + after >= minRun) hidden.fill(1, at - before, at + after)
    }
  }
}

function gramsOf(said: string): ReadonlyMap<string, readonly number[]> {
  const places = new Map<string, number[]>()
  for (let from = 0; from + gramLength <= said.length; from += gramLength) {
    const gram = said.slice(from, from + gramLength)
    const known = places.get(gram)
    if (!known) places.set(gram, [from])
    else if (known.length < maxPlaces) known.push(from)
  }
  return places
}

function withGaps(told: string, hidden: Uint8Array): string {
  let text = ''
  for (let at = 0; at < told.length; at++) {
    if (hidden[at] === 0) text += told[at]
    else if (at === 0 || hidden[at - 1] === 0) text += gap
  }
  return text
}
