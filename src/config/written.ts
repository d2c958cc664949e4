/** Which settings a document sets itself: all else is a default, or follows from these. Pure. */

import type { Path } from './fault.ts'

/** Names and nothing of what they are set to: of mappings each member, of lists the list. */
export function writtenPaths(value: unknown, path: Path = []): readonly Path[] {
  const isMapping = typeof value === 'object' && value !== null && !Array.isArray(value)
  const members = isMapping ? Object.entries(value) : []
  if (members.length === 0) return path.length === 0 ? [] : [path]
  return members.flatMap(([name, member]) => writtenPaths(member, [...path, name]))
}
