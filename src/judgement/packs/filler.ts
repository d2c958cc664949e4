/** Text without end, without digits and without meaning, for long contexts. */

import type { Random } from '../statistics/random.ts'

const who = [
  'The ferryman',
  'A gardener',
  'My neighbour',
  'The old mason',
  'A travelling clerk',
  'The keeper of the mill',
  'An aunt of the baker',
  'The younger brother',
  'A passing musician',
  'The night porter',
  'The teacher',
  'A shepherd',
]
const did = [
  'mended',
  'looked for',
  'painted',
  'carried home',
  'wrote about',
  'forgot',
  'admired',
  'described',
  'sold',
  'cleaned',
  'measured',
  'drew',
]
const what = [
  'a wooden gate',
  'the copper kettle',
  'a bundle of letters',
  'the long ladder',
  'an unusual stone',
  'the grey coat',
  'a map of the valley',
  'the broken clock',
  'a basket of pears',
  'the little boat',
  'a set of keys',
  'the tall mirror',
]
const where = [
  'beside the weir',
  'at the edge of the wood',
  'under the arches',
  'in the back room',
  'near the station',
  'on the way to the coast',
  'behind the chapel',
  'by the harbour wall',
  'in the shade of the lime trees',
  'at the foot of the stairs',
]
const also = [
  'and nobody thought much of it',
  'while the rain went on',
  'because the evening was long',
  'as people did in those days',
  'and told the others later',
  'before the bells had rung',
  'though the road was bad',
  'with great patience',
]

export interface Sentence {
  readonly text: string
  readonly tokens: number
}

/**
 * Draws sentences with their length. Tokenizers split at spaces before they do anything else, so that the tokens of
 * a sentence are those of its pieces, which are counted once.
 */
export function createFiller(random: Random, countTokens: (text: string) => number): () => Sentence {
  const counted = (list: readonly string[], before: string, after = ''): Sentence[] =>
    list.map((text) => ({ text, tokens: countTokens(before + text + after) }))
  const pieces = [
    counted(who, ' '),
    counted(did, ' '),
    counted(what, ' '),
    counted(where, ' ', ','),
    counted(also, ' ', '.'),
  ]
  return () => {
    const [a, b, c, d, e] = pieces.map((list) => list[random.below(list.length)]!)
    return {
      text: `${a!.text} ${b!.text} ${c!.text} ${d!.text}, ${e!.text}.`,
      tokens: a!.tokens + b!.tokens + c!.tokens + d!.tokens + e!.tokens,
    }
  }
}
