/** What words of two texts are the same, which are gone and which have come. Pure. */

export interface Piece {
  readonly kind: 'same' | 'gone' | 'come'
  readonly text: string
}

/** More words than this are not compared: the time grows with their product. */
const maxWords = 1_200

export function wordDiff(before: string, after: string): Piece[] {
  const a = wordsOf(before)
  const b = wordsOf(after)
  if (a.length > maxWords || b.length > maxWords) {
    return merged([
      { kind: 'gone', text: before },
      { kind: 'come', text: after },
    ])
  }
  const common = lengths(a, b)
  const pieces: Piece[] = []
  let [i, j] = [0, 0]
  while (i < a.length || j < b.length) {
    if (i < a.length && a[i] === b[j]) {
      pieces.push({ kind: 'same', text: a[i++]! })
      j++
    } else if (j === b.length || (i < a.length && common[i + 1]![j]! >= common[i]![j + 1]!)) {
      pieces.push({ kind: 'gone', text: a[i++]! })
    } else {
      pieces.push({ kind: 'come', text: b[j++]! })
    }
  }
  return merged(pieces)
}

/** Each with the space that follows it. */
function wordsOf(text: string): string[] {
  return text.match(/\S+\s*|\s+/g) ?? []
}

/** For each pair of places, how many words the rests have in common, in order. */
function lengths(a: readonly string[], b: readonly string[]): number[][] {
  const common = Array.from({ length: a.length + 1 }, () => Array.from({ length: b.length + 1 }, () => 0))
  for (let i = a.length - 1; i >= 0; i--) {
    for (let j = b.length - 1; j >= 0; j--) {
      common[i]![j] =
        a[i] === b[j] ? common[i + 1]![j + 1]! + 1 : Math.max(common[i + 1]![j]!, common[i]![j + 1]!)
    }
  }
  return common
}

function merged(pieces: readonly Piece[]): Piece[] {
  const all: Piece[] = []
  for (const piece of pieces) {
    const last = all.at(-1)
    if (piece.text === '') continue
    if (last?.kind === piece.kind) all[all.length - 1] = { kind: piece.kind, text: last.text + piece.text }
    else all.push(piece)
  }
  return all
}
