/** Which requests can be answered by another's answer, and among which others to look. */

import type { Json } from '../../core/json.ts'
import type { GenRequest, Turn } from '../../core/request.ts'
import { canonicalJson, canonicalRequest, digest, type Setting } from '../key.ts'

export interface SemanticQuestion {
  /** Names all that two requests must have in common exactly: everything but the user's last words. */
  readonly partition: string
  /** The user's last words. */
  readonly text: string
}

/** Embedders read no more than about 512 tokens: two longer texts could differ where none of them looks. */
const maxTextLength = 1_200

/** Undefined where the last turn is not a user's own words alone, or they are too long to compare. */
export function semanticQuestionOf(setting: Setting, request: GenRequest): SemanticQuestion | undefined {
  const last = request.turns.at(-1)
  const text = last && plainText(last)
  if (text === undefined || text === '' || text.length > maxTextLength) return undefined
  const { temperature, topP, seed: _seed, ...rest } = request
  const common: Json = {
    ...(canonicalRequest({ ...rest, turns: request.turns.slice(0, -1) }) as Record<string, Json>),
    // Whoever asks for a creative answer gets no sober one, nor the other way round.
    sampling: [classOf(temperature), classOf(topP)],
  }
  return { partition: digest(setting, `semantic ${canonicalJson(common)}`), text }
}

function plainText({ role, parts, name, native }: Turn): string | undefined {
  if (role !== 'user' || name !== undefined || native !== undefined) return undefined
  const texts: string[] = []
  for (const part of parts) {
    if (part.type !== 'text' || part.native !== undefined || part.citations !== undefined) return undefined
    texts.push(part.text)
  }
  return texts.join('\n').trim()
}

/** In tenths. */
function classOf(value: number | undefined): number | null {
  return value === undefined ? null : Math.round(value * 10)
}
