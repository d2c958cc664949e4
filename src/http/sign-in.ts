/** The ways into the administration for people: a token or link, a password, an invitation, another service; and out. */

import { z } from 'zod'
import type { AdminCaller } from '../admin/policy.ts'
import type { AuditLog } from '../audit/log.ts'
import { GatewayError } from '../core/error.ts'
import { check } from './shape.ts'
import { json, type SideReply, type SideRequest, type SideRoute } from './side-routes.ts'

/** Who has signed in, with the `set-cookie` value of their new session. */
export interface SignedIn {
  readonly caller: AdminCaller
  readonly cookie: string
}

/** What access offers; every method may reject with `store_unavailable`. */
export interface SignIns {
  /** Whose live session this cookie header holds. */
  callerOf(cookie: string | undefined): Promise<AdminCaller | undefined>
  /** By a one-time link; undefined where it was used already or is too old. */
  byLink(link: string): Promise<SignedIn | undefined>
  /** By the admin token, or the token of a link. */
  byToken(token: string): Promise<SignedIn | undefined>
  /** Rejects with `authentication_failed`, `rate_limited`. */
  byPassword(email: string, password: string, address: string | undefined): Promise<SignedIn>
  /** Chooses the password first. Rejects with `authentication_failed`, `invalid_request`. */
  byInvitation(token: string, password: string): Promise<SignedIn>
  /** Ends the session of this cookie header; gives the cookie that takes it away. */
  end(cookie: string | undefined): Promise<string>
  /** What the page for signing in offers. */
  ways(): { readonly token: boolean; readonly password: boolean; readonly oidc?: string }
  /** By an OpenID provider; absent where none is configured. */
  oidc(): OidcSignIn | undefined
  /** Somebody was not let in: the audit is told. Throws `rate_limited` where too many wrong tokens came from there. */
  refused(attempt: RefusedAttempt): void
}

export interface RefusedAttempt {
  readonly way: 'token' | 'password' | 'invitation' | 'link' | 'oidc'
  readonly email?: string
  readonly address: string | undefined
}

export interface OidcSignIn {
  /** Where the browser has to go, and the cookie with which it comes back. */
  start(address: string | undefined): Promise<{ readonly location: string; readonly cookie: string }>
  /** Takes the answer that the browser brings. Rejects with `authentication_failed`, `permission_denied`. */
  finish(query: URLSearchParams, cookie: string | undefined): Promise<SignedIn>
}

export interface SignInParts {
  readonly audit: AuditLog
  readonly signIns: SignIns
}

const base = '/admin/v1'

export function signInRoutes(parts: SignInParts): SideRoute[] {
  const route = (path: string, methods: readonly string[], answer: SideRoute['answer']): SideRoute => ({
    matches: (candidate) => candidate === path,
    methods,
    answer,
  })
  return [
    route('/sign-in', ['GET'], (request) => byLink(parts, request)),
    route(`${base}/session`, ['GET', 'POST', 'DELETE'], (request) => {
      if (request.method === 'GET') return json(200, parts.signIns.ways(), notKept)
      return request.method === 'POST' ? open(parts, request) : end(parts, request)
    }),
    route(`${base}/session/invitation`, ['POST'], (request) => byInvitation(parts, request)),
    route(`${base}/session/oidc`, ['GET'], (request) => startOidc(parts, request)),
    route(`${base}/session/oidc/callback`, ['GET'], (request) => finishOidc(parts, request)),
  ]
}

/** Whoever signs in is still a stranger. */
const maxBodyBytes = 16 * 1024

const notKept = { 'cache-control': 'no-store' }

async function byLink(parts: SignInParts, request: SideRequest): Promise<SideReply> {
  const link = request.query.get('token') ?? ''
  const signedIn = await letIn(parts, request, { way: 'link' }, () => parts.signIns.byLink(link))
  if (signedIn) {
    await record(parts, request, signedIn.caller, 'session.open')
    return { status: 303, headers: { ...notKept, location: '/', 'set-cookie': signedIn.cookie }, body: '' }
  }
  if (link !== '') parts.signIns.refused({ way: 'link', address: request.clientAddress })
  // A person who opens an old link again is better served by the way to sign in than by JSON.
  if (isPerson(request)) return { status: 303, headers: { ...notKept, location: '/?link=used' }, body: '' }
  throw new GatewayError('authentication_failed', 'This sign-in link was used already or is too old.')
}

const openBody = z.union([
  z.strictObject({ token: z.string().max(1000) }),
  z.strictObject({ email: z.string().max(320), password: z.string().max(1024) }),
])

/** Exchanges a token, or an address with its password, for a session. */
async function open(parts: SignInParts, request: SideRequest): Promise<SideReply> {
  refuseOtherOrigins(request)
  const body = check(openBody, await request.json({ maxBytes: maxBodyBytes }), 'body')
  const attempt: Attempt = 'token' in body ? { way: 'token' } : { way: 'password', email: body.email }
  const signedIn = await letIn(parts, request, attempt, async () => {
    if (!('token' in body)) return parts.signIns.byPassword(body.email, body.password, request.clientAddress)
    const found = await parts.signIns.byToken(body.token)
    if (found) return found
    throw new GatewayError('authentication_failed', 'The token is not valid.')
  })
  return welcome(parts, request, signedIn)
}

async function byInvitation(parts: SignInParts, request: SideRequest): Promise<SideReply> {
  refuseOtherOrigins(request)
  const shape = z.strictObject({ token: z.string().max(200), password: z.string().max(1024) })
  const { token, password } = check(shape, await request.json({ maxBytes: maxBodyBytes }), 'body')
  const accept = () => parts.signIns.byInvitation(token, password)
  return welcome(parts, request, await letIn(parts, request, { way: 'invitation' }, accept))
}

type Attempt = Omit<RefusedAttempt, 'address'>

const refusals: ReadonlySet<string> = new Set(['authentication_failed', 'permission_denied', 'rate_limited'])

/** Whoever is not let in is told to the audit. */
async function letIn<Outcome>(
  { signIns }: SignInParts,
  { clientAddress: address }: SideRequest,
  attempt: Attempt,
  open: () => Promise<Outcome>,
): Promise<Outcome> {
  try {
    return await open()
  } catch (error) {
    if (error instanceof GatewayError && refusals.has(error.code)) signIns.refused({ ...attempt, address })
    throw error
  }
}

async function welcome(
  parts: SignInParts,
  request: SideRequest,
  { caller, cookie }: SignedIn,
): Promise<SideReply> {
  await record(parts, request, caller, 'session.open')
  return { status: 204, headers: { ...notKept, 'set-cookie': cookie }, body: '' }
}

async function end(parts: SignInParts, request: SideRequest): Promise<SideReply> {
  refuseOtherOrigins(request)
  const cookie = request.header('cookie')
  const caller = await parts.signIns.callerOf(cookie)
  if (caller) await record(parts, request, caller, 'session.end')
  return { status: 204, headers: { ...notKept, 'set-cookie': await parts.signIns.end(cookie) }, body: '' }
}

async function startOidc({ signIns }: SignInParts, { clientAddress }: SideRequest): Promise<SideReply> {
  const { location, cookie } = await oidcOf(signIns).start(clientAddress)
  return { status: 303, headers: { ...notKept, location, 'set-cookie': cookie }, body: '' }
}

/** A person sees no JSON: what went wrong is told by the page for signing in. */
async function finishOidc(parts: SignInParts, request: SideRequest): Promise<SideReply> {
  try {
    const finish = () => oidcOf(parts.signIns).finish(request.query, request.header('cookie'))
    const { caller, cookie } = await letIn(parts, request, { way: 'oidc' }, finish)
    await record(parts, request, caller, 'session.open')
    return { status: 303, headers: { ...notKept, location: '/', 'set-cookie': cookie }, body: '' }
  } catch (error) {
    if (!(error instanceof GatewayError) || error.status >= 500 || !isPerson(request)) throw error
    return { status: 303, headers: { ...notKept, location: `/?sign-in=${error.code}` }, body: '' }
  }
}

function oidcOf(signIns: SignIns): OidcSignIn {
  const oidc = signIns.oidc()
  if (oidc) return oidc
  throw new GatewayError('not_found', 'No OpenID provider is configured.')
}

function isPerson(request: SideRequest): boolean {
  return request.header('accept')?.includes('text/html') === true
}

async function record(
  { audit }: SignInParts,
  { id: requestId, clientAddress: address }: SideRequest,
  { org, name: actor }: AdminCaller,
  action: string,
): Promise<void> {
  await audit.record({
    org,
    actor,
    action,
    object: 'session',
    requestId,
    ...(address !== undefined && { address }),
  })
}

/** Browsers say where a request comes from, and no page can make them say otherwise. Throws `permission_denied`. */
export function refuseOtherOrigins(request: SideRequest): void {
  if (request.header('sec-fetch-site') === 'same-origin') return
  throw new GatewayError('permission_denied', 'A session may only write from its own origin.')
}
