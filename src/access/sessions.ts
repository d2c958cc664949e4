/** Tokens that stand for somebody for a while: sessions, the first link, invitations, and sign-ins under way. */

import { hash, randomBytes } from 'node:crypto'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { JsonObject } from '../core/json.ts'
import type { Secret } from '../core/secret.ts'
import type { Ticket, TicketKind, TicketStore } from './port.ts'
import { isSameSecret } from './same-secret.ts'

const minuteMs = 60_000

/** How long each kind holds. */
const livesMs: Readonly<Record<TicketKind, number>> = {
  session: 12 * 60 * minuteMs,
  link: 15 * minuteMs,
  invitation: 3 * 24 * 60 * minuteMs,
  oidc: 10 * minuteMs,
}

export interface NewTicket {
  readonly org: string
  readonly user?: string
  /** What is kept with it; it may depend on the token. */
  detail?(token: string): JsonObject
}

/** What tokens look like: nothing else is looked for. */
const form = /^[\w-]{43}$/
/** So many tokens that nobody is known to have are looked for in a second. */
const strangersPerSecond = 50
const maxKnown = 10_000

/** Tokens over a store that every instance reads: a session that one of them opened holds at all of them. */
export class Sessions {
  readonly #store: TicketStore
  readonly #clock: Clock
  /** The digests of tokens that were found, the last one last: those are always looked for. */
  readonly #known = new Set<string>()
  #second = { endsMs: -Infinity, strangers: 0 }

  constructor(store: TicketStore, clock: Clock) {
    this.#store = store
    this.#clock = clock
  }

  /** The token, which is kept nowhere. */
  async make(kind: TicketKind, { org, user, detail }: NewTicket): Promise<string> {
    const token = randomBytes(32).toString('base64url')
    const madeAtMs = this.#clock.nowMs()
    const endsAtMs = madeAtMs + livesMs[kind]
    await this.#store.prune(madeAtMs)
    await this.#store.put({
      digest: digest(token),
      kind,
      org,
      ...(user !== undefined && { user }),
      madeAtMs,
      endsAtMs,
      detail: detail?.(token) ?? {},
    })
    return token
  }

  /** Throws `rate_limited` while too many look for tokens that nobody has. */
  async find(kind: TicketKind, token: string): Promise<Ticket | undefined> {
    return this.#lookFor(token, (id) => this.#store.find(kind, id))
  }

  /** As `find`, for the last time: of several takers, one gets it. */
  async take(kind: TicketKind, token: string): Promise<Ticket | undefined> {
    return this.#lookFor(token, (id) => this.#store.take(kind, id))
  }

  async #lookFor(
    token: string,
    look: (digest: string) => Promise<Ticket | undefined>,
  ): Promise<Ticket | undefined> {
    if (!form.test(token)) return undefined
    const id = digest(token)
    const isKnown = this.#known.delete(id)
    if (!isKnown) this.#admitStranger()
    const ticket = this.#live(await look(id))
    if (!ticket) return undefined
    this.#known.add(id)
    if (this.#known.size > maxKnown) this.#known.delete(this.#known.values().next().value!)
    return ticket
  }

  #admitStranger(): void {
    const nowMs = this.#clock.monotonicMs()
    if (nowMs >= this.#second.endsMs) this.#second = { endsMs: nowMs + 1000, strangers: 0 }
    if (++this.#second.strangers <= strangersPerSecond) return
    throw new GatewayError('rate_limited', 'Too many sessions were asked for that nobody has. Try again.', {
      retryAfterMs: 1000,
    })
  }

  #live(ticket: Ticket | undefined): Ticket | undefined {
    return ticket && ticket.endsAtMs >= this.#clock.nowMs() ? ticket : undefined
  }
}

/** Names and forms of the cookies of one gateway. */
export interface Cookies {
  /** The session's token of a `cookie` header. */
  readSession(header: string | undefined): string | undefined
  /** A `set-cookie` value; an empty token takes the cookie away. */
  session(token: string): string
  readSignIn(header: string | undefined): string | undefined
  /** Of a sign-in at another service: sent when that service sends the browser back, and nowhere else. */
  signIn(token: string): string
}

/**
 * `__Host-` binds a cookie to this very host, path and to HTTPS; browsers take it over HTTPS only. Over plain HTTP, as on
 * loopback, the name goes without it and the cookie without `Secure`.
 */
export function createCookies(isSecure: boolean): Cookies {
  const prefix = isSecure ? '__Host-' : ''
  const flags = isSecure ? '; Secure' : ''
  const write = (name: string, token: string, sameSite: 'Strict' | 'Lax', lifeMs: number) => {
    const maxAge = token === '' ? 0 : lifeMs / 1000
    return `${prefix}${name}=${token}; Path=/; HttpOnly; SameSite=${sameSite}; Max-Age=${maxAge}${flags}`
  }
  return {
    readSession: (header) => readCookie(header, `${prefix}weir_session`),
    session: (token) => write('weir_session', token, 'Strict', livesMs.session),
    readSignIn: (header) => readCookie(header, `${prefix}weir_sign_in`),
    signIn: (token) => write('weir_sign_in', token, 'Lax', livesMs.oidc),
  }
}

/** Compares a presented admin token with the configured one in constant time. */
export function isAdminToken(presented: string | undefined, configured: Secret | undefined): boolean {
  if (presented === undefined || configured === undefined) return false
  return isSameSecret(Buffer.from(digest(presented)), Buffer.from(digest(configured.reveal())))
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
