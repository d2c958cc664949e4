/** Encrypts data keys with a key of Google's Cloud KMS, which never leaves it. https://cloud.google.com/kms/docs/reference/rest/v1/projects.locations.keyRings.cryptoKeys */

import { asObject, asString, type JsonObject, parseJson } from '../core/json.ts'
import { createBearer } from './bearer.ts'
import { malformed, SecretFailure, toFailure } from './failure.ts'
import { crc32c, type GoogleParts } from './google.ts'
import { type KeyWrap, notOurs, type Place } from './key-wrap.ts'

const usualAddress = 'https://cloudkms.googleapis.com'
const title = 'Google Cloud KMS'

/** `key`: `projects/p/locations/l/keyRings/r/cryptoKeys/k`. */
export function createGoogleKmsWrap(
  key: string,
  { endpoint = usualAddress, send, fetchToken, clock }: Omit<GoogleParts, 'close'>,
): KeyWrap {
  const bearer = createBearer(fetchToken, clock)

  const call = async (verb: 'encrypt' | 'decrypt', place: Place, wish: JsonObject): Promise<JsonObject> => {
    const context = Buffer.from(JSON.stringify(place))
    const body = JSON.stringify({
      ...wish,
      additionalAuthenticatedData: context.toString('base64'),
      additionalAuthenticatedDataCrc32c: sumOf(context),
    })
    try {
      const { status, body: text } = await bearer.call((token) =>
        send({
          method: 'POST',
          url: `${endpoint.replace(/\/$/, '')}/v1/${key}:${verb}`,
          headers: { authorization: `Bearer ${token.reveal()}`, 'content-type': 'application/json' },
          body,
        }),
      )
      if (status !== 200) throw failureOf(status, key)
      const answer = asObject(parseJson(text))
      if (!answer) throw malformed(title, `using the key ${key}`)
      return answer
    } catch (cause) {
      throw toFailure(cause, title)
    }
  }

  return {
    id: `google-kms:${key}`,
    async wrap(place, plain) {
      const plaintext = Buffer.from(plain)
      const answer = await call('encrypt', place, {
        plaintext: plaintext.toString('base64'),
        plaintextCrc32c: sumOf(plaintext),
      })
      const wrapped = asString(answer['ciphertext'])
      if (wrapped === undefined) throw notOurs()
      const isWhole =
        answer['verifiedPlaintextCrc32c'] === true &&
        answer['verifiedAdditionalAuthenticatedDataCrc32c'] === true &&
        asString(answer['ciphertextCrc32c']) === sumOf(Buffer.from(wrapped, 'base64'))
      if (!isWhole) throw changedOnTheWay()
      return wrapped
    },
    async unwrap(place, wrapped) {
      const answer = await call('decrypt', place, {
        ciphertext: wrapped,
        ciphertextCrc32c: sumOf(Buffer.from(wrapped, 'base64')),
      })
      const plain = asString(answer['plaintext'])
      if (plain === undefined) throw notOurs()
      const bytes = Buffer.from(plain, 'base64')
      if (asString(answer['plaintextCrc32c']) !== sumOf(bytes)) throw changedOnTheWay()
      return bytes
    },
  }
}

function sumOf(bytes: Uint8Array): string {
  return String(crc32c(bytes))
}

function changedOnTheWay(): SecretFailure {
  const mend = 'Look for what changes requests and answers on the way.'
  return new SecretFailure('unavailable', `${title} tells another checksum`, mend)
}

function failureOf(status: number, key: string): SecretFailure {
  const said = `${title} answered ${status} for ${key}`
  if (status === 404) return new SecretFailure('absent', said, 'Check project, location, key ring and key.')
  if (status >= 500 || status === 429) {
    return new SecretFailure('unavailable', said, 'Look at the health of the service and its quotas.')
  }
  const mend =
    'Grant `roles/cloudkms.cryptoKeyEncrypterDecrypter`, and look whether rows of the database were moved.'
  return new SecretFailure('denied', said, mend)
}
