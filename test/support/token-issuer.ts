/** An issuer of JSON Web Tokens: keys that it makes, publishes and withdraws, and tokens signed with them. */

import { createServer } from 'node:http'
import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { type CryptoKey, exportJWK, exportSPKI, generateKeyPair, type JWTPayload, SignJWT } from 'jose'
import type { JsonObject } from '../../src/core/json.ts'
import type { Lifetime } from './stack.ts'

export const issuer = 'https://login.example.com'
export const audience = 'weir'

export interface Issuer {
  /** What it publishes now. */
  readonly published: JsonObject[]
  /** The public key, as PEM text. */
  readonly pem: string
  /** How often its keys were asked for. */
  asked: number
  /** Nobody gets an answer from it. */
  isOut: boolean
  keys(): Promise<string>
  /** Makes and publishes a key. */
  addKey(kid: string, alg: string): Promise<void>
  sign(kid: string, claims: JWTPayload, header?: Readonly<Record<string, string>>): Promise<string>
}

export async function createIssuer(nowMs: () => number = Date.now): Promise<Issuer> {
  const privates = new Map<string, { readonly key: CryptoKey; readonly alg: string }>()
  const made: Issuer = {
    published: [],
    pem: '',
    asked: 0,
    isOut: false,
    async keys() {
      made.asked++
      if (made.isOut) throw new Error('the issuer is out of reach')
      return JSON.stringify({ keys: made.published })
    },
    async addKey(kid, alg) {
      const pair = await generateKeyPair(alg, { extractable: true })
      privates.set(kid, { key: pair.privateKey, alg })
      if (made.pem === '') Object.assign(made, { pem: await exportSPKI(pair.publicKey) })
      made.published.push({ ...((await exportJWK(pair.publicKey)) as JsonObject), kid, alg, use: 'sig' })
    },
    async sign(kid, claims, header = {}) {
      const { key, alg } = privates.get(kid)!
      const now = Math.floor(nowMs() / 1000)
      const whole = { iss: issuer, aud: audience, sub: 'ada', iat: now, exp: now + 600, ...claims }
      return new SignJWT(whole).setProtectedHeader({ alg, kid, ...header }).sign(key)
    },
  }
  await made.addKey('first', 'RS256')
  return made
}

/** Publishes the issuer's keys on loopback; gives the address. */
export async function publish(t: Lifetime, of: Issuer): Promise<string> {
  const server = createServer((_, response) => {
    of.keys().then(
      (text) => response.setHeader('content-type', 'application/json').end(text),
      () => response.destroy(),
    )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => void server.close())
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}/jwks.json`
}
