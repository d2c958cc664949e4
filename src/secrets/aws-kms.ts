/** Encrypts data keys with a key of AWS's key management service, which never leaves it. https://docs.aws.amazon.com/kms/latest/APIReference */

import { asString, type JsonObject } from '../core/json.ts'
import { type AwsOperation, askAws, type AwsParts } from './aws.ts'
import { type KeyWrap, notOurs, type Place } from './key-wrap.ts'

const kms = { service: 'kms', title: 'AWS KMS' }
const encrypt: AwsOperation = { ...kms, target: 'TrentService.Encrypt' }
const decrypt: AwsOperation = { ...kms, target: 'TrentService.Decrypt' }

/** `key`: its id, alias or ARN. */
export function createAwsKmsWrap(key: string, parts: AwsParts): KeyWrap {
  return {
    id: `aws-kms:${key}`,
    async wrap(place, plain) {
      const answer = await askAws(parts, encrypt, key, {
        KeyId: key,
        Plaintext: Buffer.from(plain).toString('base64'),
        EncryptionContext: contextOf(place),
      })
      const wrapped = asString(answer['CiphertextBlob'])
      if (wrapped === undefined) throw notOurs()
      return wrapped
    },
    async unwrap(place, wrapped) {
      const answer = await askAws(parts, decrypt, key, {
        KeyId: key,
        CiphertextBlob: wrapped,
        EncryptionContext: contextOf(place),
      })
      const plain = asString(answer['Plaintext'])
      if (plain === undefined) throw notOurs()
      return Buffer.from(plain, 'base64')
    },
  }
}

/** Authenticated with the ciphertext, and shown in the account's own trail of who used the key. */
function contextOf(place: Place): JsonObject {
  return { weir: JSON.stringify(place) }
}
