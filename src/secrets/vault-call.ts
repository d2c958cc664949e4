/** One call of the API of HashiCorp Vault and OpenBao, and what its refusals mean. https://developer.hashicorp.com/vault/api-docs */

import { asObject, type JsonObject, parseJson } from '../core/json.ts'
import type { Secret } from '../core/secret.ts'
import { SecretFailure, toFailure } from './failure.ts'
import type { SendRequest } from './port.ts'

export interface VaultPlace {
  readonly address: string
  readonly namespace?: string
}

export interface VaultReply {
  readonly status: number
  readonly answer: JsonObject | undefined
}

/** Rejects with SecretFailure where there is no answer. */
export type VaultCall = (
  method: 'GET' | 'POST',
  path: string,
  token?: Secret,
  body?: JsonObject,
) => Promise<VaultReply>

export function createVaultCall({ address, namespace }: VaultPlace, send: SendRequest): VaultCall {
  return async (method, path, token, body) => {
    try {
      const { status, body: text } = await send({
        method,
        url: `${address.replace(/\/$/, '')}/v1/${path}`,
        headers: {
          'x-vault-request': 'true',
          ...(token && { 'x-vault-token': token.reveal() }),
          ...(namespace !== undefined && { 'x-vault-namespace': namespace }),
          ...(body && { 'content-type': 'application/json' }),
        },
        ...(body && { body: JSON.stringify(body) }),
      })
      return { status, answer: asObject(parseJson(text)) }
    } catch (cause) {
      throw toFailure(cause, 'Vault')
    }
  }
}

export function failureOf(status: number, act: string): SecretFailure {
  const said = `Vault answered ${status} when ${act}`
  if (status === 404)
    return new SecretFailure('absent', said, 'Check the path; of KV v2 it has `data/` in it.')
  if (status === 400 || status === 401 || status === 403) {
    return new SecretFailure('denied', said, 'Check the sign-in under `secrets.vault`, and its policies.')
  }
  const mend =
    status >= 300 && status < 400
      ? 'Name the active node or a load balancer: redirects are not followed.'
      : 'Look whether it is sealed or overloaded.'
  return new SecretFailure('unavailable', said, mend)
}
