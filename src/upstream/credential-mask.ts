/** Covers credentials in the bytes of an answer that passes, wherever they are cut into chunks; its length stays. */

export class CredentialMask {
  readonly #secrets: readonly string[]
  /** What may be the beginning of one. */
  readonly #keptLength: number
  #kept = ''

  /** `secrets`: as text; there is at least one. */
  constructor(secrets: readonly string[]) {
    this.#secrets = secrets.map((secret) => Buffer.from(secret).toString('latin1'))
    this.#keptLength = Math.max(...this.#secrets.map(({ length }) => length)) - 1
  }

  push(chunk: Buffer): Buffer {
    const text = this.#secrets.reduce(
      (rest, secret) => rest.replaceAll(secret, '*'.repeat(secret.length)),
      this.#kept + chunk.toString('latin1'),
    )
    const end = Math.max(0, text.length - this.#keptLength)
    this.#kept = text.slice(end)
    return Buffer.from(text.slice(0, end), 'latin1')
  }

  /** The rest, once. */
  end(): Buffer {
    const rest = Buffer.from(this.#kept, 'latin1')
    this.#kept = ''
    return rest
  }
}
