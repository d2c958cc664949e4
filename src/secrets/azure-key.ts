/** Encrypts data keys with an RSA key of Azure Key Vault, whose private half never leaves it. https://learn.microsoft.com/rest/api/keyvault/keys/wrap-key */

import { randomBytes } from 'node:crypto'
import { asObject, asString, type JsonObject, parseJson } from '../core/json.ts'
import { azureApiVersion, type AzureParts } from './azure.ts'
import { createBearer } from './bearer.ts'
import { malformed, SecretFailure, toFailure } from './failure.ts'
import { type KeyWrap, notOurs } from './key-wrap.ts'
import type { Sealing } from './port.ts'

const title = 'Azure Key Vault'
const algorithm = 'RSA-OAEP-256'

/**
 * RSA binds to no place: it wraps a key of its own for each data key, which seals that data key for its place. What is
 * kept names the version of the vault's key, so that a key that was rotated there still unwraps.
 */
export function createAzureKeyWrap(
  { vault, key }: { readonly vault: string; readonly key: string },
  { endpoint, send, fetchToken, clock }: Omit<AzureParts, 'close'>,
  { seal, unseal }: Sealing,
): KeyWrap {
  const bearer = createBearer(fetchToken, clock)
  const base = `${(endpoint ?? `https://${vault}.vault.azure.net`).replace(/\/$/, '')}/keys/${key}`
  const id = `azure-key:${vault}/${key}`

  const call = async (path: string, wish?: JsonObject): Promise<JsonObject> => {
    try {
      const { status, body } = await bearer.call((token) =>
        send({
          method: wish === undefined ? 'GET' : 'POST',
          url: `${base}${path}?api-version=${azureApiVersion}`,
          headers: {
            authorization: `Bearer ${token.reveal()}`,
            ...(wish && { 'content-type': 'application/json' }),
          },
          ...(wish && { body: JSON.stringify(wish) }),
        }),
      )
      if (status !== 200) throw failureOf(status, `${vault}/${key}`)
      const answer = asObject(parseJson(body))
      if (!answer) throw malformed(title, `using the key ${vault}/${key}`)
      return answer
    } catch (cause) {
      throw toFailure(cause, title)
    }
  }

  const newestVersion = async (): Promise<string> => {
    const name = asString(asObject((await call(''))['key'])?.['kid'])
    const version = /\/keys\/[^/]+\/([0-9a-f]{32})$/i.exec(name ?? '')?.[1]
    if (version === undefined) throw failureOf(404, `${vault}/${key}`)
    return version
  }

  return {
    id,
    async wrap(place, plain) {
      const version = await newestVersion()
      const own = randomBytes(32)
      const wish = { alg: algorithm, value: own.toString('base64url') }
      const wrapped = asString((await call(`/${version}/wrapkey`, wish))['value'])
      if (wrapped === undefined) throw notOurs()
      const sealed = seal(own, [...place, id], Buffer.from(plain).toString('base64'))
      return JSON.stringify({ version, key: wrapped, sealed: Buffer.from(sealed).toString('base64') })
    },
    async unwrap(place, wrapped) {
      const kept = asObject(parseJson(wrapped))
      const version = asString(kept?.['version']) ?? ''
      const value = asString(kept?.['key'])
      if (value === undefined || !/^[0-9a-f]{32}$/i.test(version)) throw notOurs()
      const answer = await call(`/${version}/unwrapkey`, { alg: algorithm, value })
      const own = Buffer.from(asString(answer['value']) ?? '', 'base64url')
      const sealed = Buffer.from(asString(kept?.['sealed']) ?? '', 'base64')
      const plain = own.length === 32 ? unseal(own, [...place, id], sealed) : undefined
      if (plain === undefined) throw notOurs()
      return Buffer.from(plain, 'base64')
    },
  }
}

function failureOf(status: number, name: string): SecretFailure {
  const said = `${title} answered ${status} for the key ${name}`
  if (status === 404) return new SecretFailure('absent', said, 'Check the vault and the name of the key.')
  if (status >= 500 || status === 429) {
    return new SecretFailure('unavailable', said, 'Look at the health of the vault and its limits.')
  }
  const mend = 'Grant `Key Vault Crypto Service Encryption User`, and look whether the key is disabled.'
  return new SecretFailure('denied', said, mend)
}
