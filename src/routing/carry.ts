/** Tells whether a target can carry a request at all, by what the catalogue and the configuration know of it. */

import type { Candidate } from './route.ts'
import type { RequestTraits } from './traits.ts'

/** So much of an estimate is certain enough to pass a target over because its window is too small. */
const sureShare = 0.8

/** Why not; undefined where it can, or where nothing is known to speak against it. */
export function cannotCarry(candidate: Candidate, traits: RequestTraits): string | undefined {
  const { region, info, sensitive } = candidate
  const { dataRegion, clearances } = traits.caller
  if (dataRegion !== undefined && region !== dataRegion) return `not in the data region ${dataRegion}`
  const mark = sensitive?.find((each) => !clearances?.has(each))
  if (mark !== undefined) return `the key has no clearance for ${mark}`
  const { spec } = candidate.legs[0]!.target.provider
  if (traits.channel.operation === 'embed' && spec.embeddings === undefined) return 'offers no embeddings'
  if (info === undefined) return undefined
  const { content, inputTokens } = traits
  if (content.hasTools && info.capabilities.tools === false) return 'takes no tools'
  const { inputModalities, contextWindow } = info
  if (content.media.length > 0 && inputModalities !== undefined) {
    const unread = content.media.find((kind) => !inputModalities.includes(kind))
    if (unread !== undefined) return `reads no ${unread}`
  }
  if (contextWindow !== undefined && inputTokens * sureShare > contextWindow) {
    return `the prompt of some ${inputTokens} tokens is beyond its window of ${contextWindow}`
  }
  return undefined
}
