/** Sets of UTF-16 code units, as sorted ranges. Pure. */

/** Inclusive at both ends, sorted, not touching. */
export type CharacterSet = readonly (readonly [number, number])[]

const maxUnit = 0xffff

export function union(...sets: readonly CharacterSet[]): CharacterSet {
  const ranges = sets.flat().toSorted(([a], [b]) => a - b)
  const merged: [number, number][] = []
  for (const [from, to] of ranges) {
    const last = merged.at(-1)
    if (last && from <= last[1] + 1) last[1] = Math.max(last[1], to)
    else merged.push([from, to])
  }
  return merged
}

export function complement(set: CharacterSet): CharacterSet {
  const gaps: [number, number][] = []
  let next = 0
  for (const [from, to] of set) {
    if (from > next) gaps.push([next, from - 1])
    next = to + 1
  }
  if (next <= maxUnit) gaps.push([next, maxUnit])
  return gaps
}

export function contains(set: CharacterSet, unit: number): boolean {
  return set.some(([from, to]) => unit >= from && unit <= to)
}

/** With the other case of every letter. Large ranges are those of other scripts, where case is rare: left as they are. */
export function withBothCases(set: CharacterSet): CharacterSet {
  const more: [number, number][] = []
  for (const [from, to] of set) {
    if (to - from > 1_024) continue
    for (let unit = from; unit <= to; unit++) {
      const letter = String.fromCharCode(unit)
      for (const other of [letter.toLowerCase(), letter.toUpperCase()]) {
        if (other.length === 1 && other !== letter) more.push([other.charCodeAt(0), other.charCodeAt(0)])
      }
    }
  }
  return union(set, more)
}

export const digits: CharacterSet = [[48, 57]]
export const wordUnits: CharacterSet = [
  [48, 57],
  [65, 90],
  [95, 95],
  [97, 122],
]
export const spaces: CharacterSet = [
  [9, 13],
  [32, 32],
  [0xa0, 0xa0],
  [0x1680, 0x1680],
  [0x2000, 0x200a],
  [0x2028, 0x2029],
  [0x202f, 0x202f],
  [0x205f, 0x205f],
  [0x3000, 0x3000],
  [0xfeff, 0xfeff],
]
export const anything: CharacterSet = [[0, maxUnit]]
export const lineEnds: CharacterSet = [
  [10, 10],
  [13, 13],
  [0x2028, 0x2029],
]
