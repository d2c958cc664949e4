/** What access needs stored. */

export interface StoredKey {
  readonly org: string
  readonly id: string
  readonly name: string
  /** HMAC-SHA-256 of the key's secret under the pepper, in hexadecimal. */
  readonly secretHash: string
  readonly createdAtMs: number
}

export interface KeyStore {
  all(): Promise<readonly StoredKey[]>
  insert(key: StoredKey): Promise<void>
}
