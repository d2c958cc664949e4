/** Short-lived keys for browsers: made of an API key by whoever has it, signed, kept nowhere, and never more than it. */

import { createHmac, hkdfSync, randomBytes } from 'node:crypto'
import { GatewayError } from '../core/error.ts'
import { asArray, asObject, asString, type JsonObject, parseJson } from '../core/json.ts'
import type { NanoUsd } from '../core/money.ts'
import { withinCeiling } from './ceiling.ts'
import type { KeyRules } from './port.ts'
import { type Principal, toPrincipal } from './principal.ts'
import { isSameSecret } from './same-secret.ts'

/** An API key as far as keys are made of it. */
export interface ParentKey {
  readonly principal: Principal
  readonly rules: KeyRules
  /** Its secrets that hold now, the newest first. What was signed under one ends with it. */
  readonly secrets: readonly ParentSecret[]
  /** In Unix milliseconds. */
  readonly untilMs: number
}

interface ParentSecret {
  readonly hash: string
  /** In Unix milliseconds. */
  readonly untilMs: number
}

export interface BrowserKeyWish {
  /** Routes and models, at least one; each must be within those of the key. */
  readonly models: readonly string[]
  /** The pages that may use it. */
  readonly origins: readonly string[]
  readonly ttlSeconds: number
  /** Whom it is for, in the books and for budgets of users. */
  readonly user?: string
  readonly maxNanoUsdPerRequest?: NanoUsd
}

export interface BrowserKey {
  readonly principal: Principal
  readonly origins: readonly string[]
  readonly untilMs: number
}

export interface BrowserKeys {
  /** Gives its text. Throws `permission_denied` for more than the parent has. */
  mint(
    parent: ParentKey,
    wish: BrowserKeyWish,
    nowMs: number,
  ): { readonly text: string; readonly untilMs: number }
  /** Undefined where it is not one of ours, has ended, or its parent has. Throws as `mint` where the parent has less now. */
  verify(
    text: string,
    parentOf: (keyId: string) => ParentKey | undefined,
    nowMs: number,
  ): BrowserKey | undefined
}

const prefix = 'weirb_'
const form = /^weirb_([A-Za-z0-9_-]{20,1800})\.([A-Za-z0-9_-]{43})$/

export function looksLikeBrowserKey(credential: string): boolean {
  return credential.startsWith(prefix)
}

/** Every instance with the same pepper signs alike, and knows what the others have made. */
export function createBrowserKeys(pepper: Buffer): BrowserKeys {
  const signingKey = Buffer.from(hkdfSync('sha256', pepper, '', 'weir: browser keys', 32))
  const sign = (payload: string, secretHash: string) =>
    createHmac('sha256', signingKey).update(`${payload}.${secretHash}`).digest()
  return {
    mint(parent, wish, nowMs) {
      narrow(parent, wish)
      const untilMs = Math.min(nowMs + wish.ttlSeconds * 1000, parent.untilMs)
      const { user, maxNanoUsdPerRequest: most } = wish
      const told: JsonObject = {
        k: parent.principal.keyId,
        n: randomBytes(9).toString('base64url'),
        e: untilMs,
        m: [...wish.models],
        o: [...wish.origins],
        ...(user !== undefined && { u: user }),
        ...(most !== undefined && { c: most }),
      }
      const payload = Buffer.from(JSON.stringify(told)).toString('base64url')
      const text = `${prefix}${payload}.${sign(payload, parent.secrets[0]!.hash).toString('base64url')}`
      if (form.test(text)) return { text, untilMs }
      throw new GatewayError('invalid_request', 'So many models and origins do not fit into one key.')
    },
    verify(text, parentOf, nowMs) {
      const [, payload = '', signature = ''] = form.exec(text) ?? []
      const told = asObject(parseJson(Buffer.from(payload, 'base64url').toString()))
      const parent = parentOf(asString(told?.['k']) ?? '')
      if (!told || !parent) return undefined
      const presented = Buffer.from(signature, 'base64url')
      const signedUnder = parent.secrets.find(({ hash }) => isSameSecret(presented, sign(payload, hash)))
      if (!signedUnder) return undefined
      const untilMs = Math.min(Number(told['e']), parent.untilMs, signedUnder.untilMs)
      if (!(untilMs > nowMs)) return undefined
      const user = asString(told['u'])
      const wish = {
        models: asArray(told['m']).map(String),
        ...(user !== undefined && { user }),
        ...(typeof told['c'] === 'number' && { maxNanoUsdPerRequest: told['c'] }),
      }
      return { principal: narrow(parent, wish), origins: asArray(told['o']).map(String), untilMs }
    },
  }
}

/** Its requests count for the parent: in its budgets and limits, and when it is revoked. Sensitive models are not for it. */
function narrow(
  { principal, rules }: ParentKey,
  { models, user, maxNanoUsdPerRequest: most }: Omit<BrowserKeyWish, 'origins' | 'ttlSeconds'>,
): Principal {
  const wish: KeyRules = { models, ...(most !== undefined && { maxNanoUsdPerRequest: most }) }
  const { org, keyId, keyName, team } = principal
  const owner = user === undefined ? principal.user : { id: user, name: user }
  const identity = { org, keyId, keyName, ...(owner && { user: owner }), ...(team && { team }) }
  return { ...toPrincipal(identity, withinCeiling(wish, rules)), isFleeting: true, isNarrow: true }
}

/** Throws `permission_denied`: a browser says truly which page asks, and nothing else has to have this key. */
export function authoriseOrigin(origins: readonly string[] | undefined, origin: string | undefined): void {
  if (origins === undefined || (origin !== undefined && origins.includes(origin))) return
  throw new GatewayError('permission_denied', 'This key is for pages of other origins.')
}
