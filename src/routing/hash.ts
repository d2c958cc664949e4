/** Small hashes that place sessions: the same text falls to the same number on every instance. */

/** 32 bits of a text (FNV-1a over UTF-16 units, then mixed). Not for secrets. */
export function hashText(text: string): number {
  let hash = 0x811c9dc5
  for (let at = 0; at < text.length; at++) hash = Math.imul(hash ^ text.charCodeAt(at), 0x01000193)
  return mix(hash)
}

/** Two hashes as one number in (0, 1), evenly spread. */
export function combineHashes(a: number, b: number): number {
  return (mix(Math.imul(a, 0x9e3779b1) ^ b) + 0.5) / 4_294_967_296
}

/** The finaliser of MurmurHash3: every bit of the input changes every bit of the result. */
function mix(hash: number): number {
  let mixed = hash ^ (hash >>> 16)
  mixed = Math.imul(mixed, 0x85ebca6b)
  mixed ^= mixed >>> 13
  mixed = Math.imul(mixed, 0xc2b2ae35)
  return (mixed ^ (mixed >>> 16)) >>> 0
}
