/** The tags that a caller gives a request, by which its cost and its record are found. */

const maxTags = 20
const maxTagLength = 64

/** Reads `x-weir-tags: a, b`. What is beyond the bounds of tags is left out. */
export function readTags(header: string | undefined): string[] {
  if (header === undefined) return []
  const tags = header.split(',').map((tag) => tag.trim().slice(0, maxTagLength))
  return tags.filter((tag) => tag !== '').slice(0, maxTags)
}
