/** Tells patterns that match in linear time at a glance from those that have to be tried under a time limit. */

/**
 * True where backtracking cannot multiply: at most one quantifier of unknown extent, and none around a group. Such
 * a pattern may run on the main thread; of any other nothing is said. Pure.
 */
export function isPlainPattern(pattern: string): boolean {
  let unbounded = 0
  let isInClass = false
  for (let at = 0; at < pattern.length; at++) {
    const character = pattern[at]!
    if (character === '\\') {
      if (/[1-9k]/.test(pattern[at + 1] ?? '')) return false // a backreference
      at++
    } else if (isInClass) isInClass = character !== ']'
    else if (character === '[') isInClass = true
    else if (character === '(' && /^\(\?<?[=!]/.test(pattern.slice(at, at + 4))) return false
    else if (character === '*' || character === '+' || isOpenCount(pattern, at)) {
      if (pattern[at - 1] === ')') return false
      unbounded++
    } else if (character === '{' && pattern[at - 1] === ')') return false
  }
  // An unanchored beginning is tried at each place of the text, so that one more quantifier would square.
  return unbounded <= (pattern.startsWith('^') ? 1 : 0) || (unbounded === 1 && pattern.length < 4)
}

/** A count without an upper bound, or with a large one. */
function isOpenCount(pattern: string, at: number): boolean {
  const match = /^\{(\d*)(,(\d*))?\}/.exec(pattern.slice(at, at + 16))
  if (!match) return false
  const most = match[2] === undefined ? Number(match[1]) : match[3] === '' ? Infinity : Number(match[3])
  return most > 256
}

const probeLength = 48

/**
 * Texts on which a pattern that can explode does so: runs of one or two of its own characters, behind its literal
 * beginning, with an end that cannot match. Few and short, so that any sensible pattern passes them in microseconds.
 */
export function* probesFor(pattern: string): Generator<string> {
  const prefix = /^\^?((?:[A-Za-z0-9 _/:@#-])*)/.exec(pattern)?.[1] ?? ''
  const own = Array.from(new Set(pattern.replaceAll(/[\\^$.*+?()[\]{}|]/g, '')))
  const characters = Array.from(new Set(['a', 'A', '0', ' ', '.', '-', ...own])).slice(0, 12)
  for (const start of new Set(['', prefix, prefix.slice(0, -1)])) {
    for (const one of characters) {
      yield `${start}${one.repeat(probeLength)}\u0000`
      for (const other of characters) {
        if (other > one) yield `${start}${(one + other).repeat(probeLength / 2)}\u0000`
      }
    }
  }
}
