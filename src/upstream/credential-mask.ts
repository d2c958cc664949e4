/** Covers credentials in the bytes of an answer that passes, wherever they are cut into chunks; its length stays. */

const asterisk = 0x2a
const nothing = Buffer.alloc(0)

export class CredentialMask {
  readonly #secrets: readonly Buffer[]
  /** The end of what came, where it may be the beginning of one. */
  #kept: Buffer = nothing

  constructor(secrets: readonly string[]) {
    this.#secrets = secrets.map((secret) => Buffer.from(secret))
  }

  push(chunk: Buffer): Buffer {
    const all = this.#kept.length === 0 ? chunk : Buffer.concat([this.#kept, chunk])
    const covered = this.#secrets.reduce(cover, all)
    const end = this.#secrets.reduce(
      (least, secret) => Math.min(least, beginningAtEnd(covered, secret)),
      covered.length,
    )
    const isWhole = end === covered.length
    this.#kept = isWhole ? nothing : Buffer.from(covered.subarray(end))
    return isWhole ? covered : covered.subarray(0, end)
  }

  /** The rest, once. */
  end(): Buffer {
    const rest = this.#kept
    this.#kept = nothing
    return rest
  }
}

/** The same bytes where the secret is not in them: nearly always. */
function cover(bytes: Buffer, secret: Buffer): Buffer {
  let at = bytes.indexOf(secret)
  if (at < 0) return bytes
  const covered = Buffer.from(bytes)
  for (; at >= 0; at = bytes.indexOf(secret, at + secret.length)) {
    covered.fill(asterisk, at, at + secret.length)
  }
  return covered
}

/** Where a beginning of the secret starts that goes to the end of the bytes; their length where there is none. */
function beginningAtEnd(bytes: Buffer, secret: Buffer): number {
  const first = secret[0]!
  const { length } = bytes
  let at = bytes.indexOf(first, Math.max(0, length - secret.length + 1))
  while (at >= 0 && secret.compare(bytes, at, length, 0, length - at) !== 0) at = bytes.indexOf(first, at + 1)
  return at < 0 ? length : at
}
