/** Patterns in which `*` stands for any text: names in keys, conditions and credentials. */

/** The pattern anchored at both ends. Only `*` is special, and it cannot backtrack badly over a plain name. */
export function globPattern(glob: string): RegExp {
  const escaped = glob.split('*').map((text) => text.replace(/[.+?^${}()|[\]\\]/g, '\\$&'))
  return new RegExp(`^${escaped.join('.*')}$`, 's')
}
