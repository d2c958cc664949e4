/** Finds what a few typed letters mean. Pure. */

export interface Choice {
  readonly id: string
  readonly kind: string
  readonly label: string
}

/** Names that begin with the text first, then those with a word that does, then those that hold it; else in their order. */
export function bestMatches<Of extends Choice>(choices: readonly Of[], text: string, limit: number): Of[] {
  const wanted = text.toLowerCase()
  return choices
    .map((choice) => ({ choice, rank: rankOf(choice, wanted) }))
    .filter(({ rank }) => rank < Infinity)
    .toSorted((a, b) => a.rank - b.rank)
    .slice(0, limit)
    .map(({ choice }) => choice)
}

function rankOf({ label, id }: Choice, wanted: string): number {
  const name = label.toLowerCase()
  if (name.startsWith(wanted)) return 0
  if (name.split(/[\s/._-]+/).some((word) => word.startsWith(wanted))) return 1
  if (name.includes(wanted) || id.toLowerCase().includes(wanted)) return 2
  return Infinity
}
