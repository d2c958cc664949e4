/** Encrypts data keys with a key that the database does not have: one of a reference, or one that never leaves its vault. */

import { hkdfSync } from 'node:crypto'
import { asObject, asString, type JsonObject } from '../core/json.ts'
import type { Secret } from '../core/secret.ts'
import { SecretFailure } from './failure.ts'
import type { Sealing } from './port.ts'

/** What the ciphertext is bound to: organisation, table, column and version. */
export type Place = readonly (string | number)[]

export interface KeyWrap {
  /** Tells which key it is, and nothing of the key. */
  readonly id: string
  wrap(place: Place, key: Uint8Array): Promise<string>
  /** Throws SecretFailure where this key did not wrap it, or for another place. */
  unwrap(place: Place, wrapped: string): Promise<Uint8Array>
}

/** Both come from the one secret (RFC 5869), so that the name of the key tells nothing of it. */
function derive(secret: Secret, purpose: string, bytes: number): Uint8Array {
  return new Uint8Array(hkdfSync('sha256', secret.reveal(), '', `weir ${purpose}`, bytes))
}

export function createLocalWrap(secret: Secret, { seal, unseal }: Sealing): KeyWrap {
  const key = derive(secret, 'key-encryption key', 32)
  const id = `local:${Buffer.from(derive(secret, 'key id', 8)).toString('hex')}`
  return {
    id,
    async wrap(place, plain) {
      return Buffer.from(seal(key, [...place, id], Buffer.from(plain).toString('base64'))).toString('base64')
    },
    async unwrap(place, wrapped) {
      const plain = unseal(key, [...place, id], Buffer.from(wrapped, 'base64'))
      if (plain === undefined) throw notOurs()
      return Buffer.from(plain, 'base64')
    },
  }
}

/** Vault's transit engine. https://developer.hashicorp.com/vault/api-docs/secret/transit */
export function createTransitWrap(
  { mount, key }: { readonly mount: string; readonly key: string },
  post: (path: string, body: JsonObject) => Promise<JsonObject>,
): KeyWrap {
  const toText = (value: string) => Buffer.from(value).toString('base64')
  return {
    id: `transit:${mount}/${key}`,
    async wrap(place, plain) {
      const answer = await post(`${mount}/encrypt/${key}`, {
        plaintext: Buffer.from(plain).toString('base64'),
        associated_data: toText(JSON.stringify(place)),
      })
      const wrapped = asString(asObject(answer['data'])?.['ciphertext'])
      if (wrapped === undefined) throw notOurs()
      return wrapped
    },
    async unwrap(place, wrapped) {
      const answer = await post(`${mount}/decrypt/${key}`, {
        ciphertext: wrapped,
        associated_data: toText(JSON.stringify(place)),
      })
      const plain = asString(asObject(answer['data'])?.['plaintext'])
      if (plain === undefined) throw notOurs()
      return Buffer.from(plain, 'base64')
    },
  }
}

/** Another key wrapped it, or for another place. */
export function notOurs(): SecretFailure {
  const mend = 'Look whether rows of the database were moved or changed, or the key was.'
  return new SecretFailure('denied', 'a data key cannot be decrypted', mend)
}
