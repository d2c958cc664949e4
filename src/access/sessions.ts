/** Operators' sign-in: one-time links and the sessions they open. */

import { hash, randomBytes, timingSafeEqual } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import type { Secret } from '../core/secret.ts'

const sessionCookie = 'weir_session'
const linkTtlMs = 15 * 60_000
const sessionTtlMs = 12 * 3_600_000
const maxSessions = 1000

/** Sessions live in memory: a restart signs everybody out, and prints a new link. */
export class Sessions {
  readonly #clock: Clock
  /** Digest of each valid token to the time at which it ends. Tokens themselves are not kept. */
  readonly #links = new Map<string, number>()
  readonly #sessions = new Map<string, number>()

  constructor(clock: Clock) {
    this.#clock = clock
  }

  /** A token that opens one session, once. */
  createLink(): string {
    const token = newToken()
    this.#links.set(digest(token), this.#clock.nowMs() + linkTtlMs)
    return token
  }

  /** The token of a new session, or undefined where the link is unknown, used or too old. */
  redeem(link: string): string | undefined {
    const key = digest(link)
    const endsMs = this.#links.get(key)
    this.#links.delete(key)
    if (endsMs === undefined || endsMs < this.#clock.nowMs()) return undefined
    return this.open()
  }

  /** The token of a new session, for whoever has proved already who they are. */
  open(): string {
    const token = newToken()
    if (this.#sessions.size >= maxSessions) this.#sessions.clear()
    this.#sessions.set(digest(token), this.#clock.nowMs() + sessionTtlMs)
    return token
  }

  /** Ends the session of this cookie header, where there is one. */
  end(cookieHeader: string | undefined): void {
    const token = readCookie(cookieHeader, sessionCookie)
    if (token !== undefined) this.#sessions.delete(digest(token))
  }

  /** Is this cookie header that of a live session? */
  admits(cookieHeader: string | undefined): boolean {
    const token = readCookie(cookieHeader, sessionCookie)
    if (token === undefined) return false
    const endsMs = this.#sessions.get(digest(token))
    return endsMs !== undefined && endsMs >= this.#clock.nowMs()
  }
}

/** The `set-cookie` value that carries a session's token; an empty one takes the cookie away. */
export function sessionSetCookie(token: string, isSecure: boolean): string {
  const secure = isSecure ? '; Secure' : ''
  const maxAge = token === '' ? 0 : sessionTtlMs / 1000
  return `${sessionCookie}=${token}; Path=/; HttpOnly; SameSite=Strict; Max-Age=${maxAge}${secure}`
}

/** Compares a presented admin token with the configured one in constant time. */
export function isAdminToken(presented: string | undefined, configured: Secret | undefined): boolean {
  if (presented === undefined || configured === undefined) return false
  return timingSafeEqual(Buffer.from(digest(presented)), Buffer.from(digest(configured.reveal())))
}

function newToken(): string {
  return randomBytes(32).toString('base64url')
}

function digest(token: string): string {
  return hash('sha256', token)
}

function readCookie(header: string | undefined, name: string): string | undefined {
  for (const pair of header?.split(';') ?? []) {
    const equals = pair.indexOf('=')
    if (equals > 0 && pair.slice(0, equals).trim() === name) return pair.slice(equals + 1).trim()
  }
  return undefined
}
