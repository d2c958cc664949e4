/** The administration API over HTTP: who may call it, and how its rows become routes. */

import { z } from 'zod'
import { renderOpenApi } from '../admin/openapi.ts'
import type { AdminAudit, AdminCall, AdminReply, AdminRoute } from '../admin/route.ts'
import type { AuditLog } from '../audit/log.ts'
import type { AuditAct } from '../audit/port.ts'
import { GatewayError } from '../core/error.ts'
import type { Json } from '../core/json.ts'
import { toSideReply } from './caller-routes.ts'
import { json, type SideReply, type SideRequest, type SideRoute } from './side-routes.ts'

export interface AdminParts {
  readonly routes: readonly AdminRoute[]
  readonly audit: AuditLog
  /** Is this the configured admin token? */
  isToken(presented: string | undefined): boolean
  /** Does the cookie header hold a live session? */
  hasSession(cookie: string | undefined): boolean
  /** The session cookie for a one-time link; undefined where the link is not valid. */
  redeemLink(link: string): string | undefined
  /** The session cookie for whoever has shown the admin token. */
  openSession(): string
  /** Ends the session of this cookie header; gives the cookie that takes it away. */
  endSession(cookie: string | undefined): string
}

const base = '/admin/v1'

export function adminSideRoutes(parts: AdminParts): SideRoute[] {
  const compiled = parts.routes.map(compile)
  return [
    {
      matches: (path) => path === '/sign-in',
      methods: ['GET'],
      answer: (request) => signInByLink(parts, request),
    },
    {
      matches: (path) => path === `${base}/session`,
      methods: ['POST', 'DELETE'],
      answer: (request) => (request.method === 'POST' ? signIn(parts, request) : signOut(parts, request)),
    },
    {
      matches: (path) => path === `${base}/openapi.json`,
      methods: ['GET'],
      answer: () => json(200, renderOpenApi(parts.routes)),
    },
    {
      matches: (path) => path.startsWith(`${base}/`),
      methods,
      answer(request) {
        return answerRow({ compiled, audit: parts.audit, actor: authenticate(parts, request) }, request)
      },
    },
  ]
}

/** The same rows for whoever may open the control socket: the file system has authenticated them. */
export function controlSideRoutes({ routes, audit }: Pick<AdminParts, 'routes' | 'audit'>): SideRoute[] {
  const compiled = routes.map(compile)
  return [
    {
      matches: (path) => path.startsWith(`${base}/`),
      methods,
      answer: (request) => answerRow({ compiled, audit, actor: 'control-socket' }, request),
    },
  ]
}

const methods = ['GET', 'POST', 'PUT', 'PATCH', 'DELETE']

interface CompiledRoute {
  readonly row: AdminRoute
  readonly pattern: RegExp
}

function compile(row: AdminRoute): CompiledRoute {
  const pattern = row.path.replace(/\{(\w+)\}/g, '(?<$1>[^/]+)')
  return { row, pattern: new RegExp(`^${base}${pattern}$`) }
}

interface RowParts {
  readonly compiled: readonly CompiledRoute[]
  readonly audit: AuditLog
  /** Who calls. */
  readonly actor: string
}

async function answerRow({ compiled, audit, actor }: RowParts, request: SideRequest): Promise<SideReply> {
  const onPath = compiled.filter(({ pattern }) => pattern.test(request.path))
  if (onPath.length === 0) throw new GatewayError('not_found', 'There is no such path in the admin API.')
  const route = onPath.find(({ row }) => row.method === request.method)
  if (!route) {
    const methods = onPath.map(({ row }) => row.method).join(', ')
    throw new GatewayError('method_not_allowed', `This path accepts ${methods}.`)
  }
  const { row, pattern } = route
  const sent = row.body ? await request.json() : undefined
  const call: AdminCall = {
    org: 'default',
    actor,
    requestId: request.id,
    params: decodeParams(pattern.exec(request.path)?.groups),
    query: check(row.query ?? z.strictObject({}), Object.fromEntries(request.query), 'query'),
    body: row.body ? check(row.body, sent, 'body') : undefined,
    form: request.form,
  }
  const reply = await runRow(row, call, { audit, sent, address: request.clientAddress })
  if (reply.stream) {
    const { contentType, open } = reply.stream
    return { status: 200, headers: { 'content-type': contentType }, body: '', stream: open }
  }
  if (reply.content) {
    const { contentType, bytes: content } = reply.content
    return toSideReply({ contentType, content })
  }
  if (reply.body === undefined) return { status: reply.status ?? 204, body: '' }
  return json(reply.status ?? 200, reply.body)
}

interface RowCall {
  readonly audit: AuditLog
  /** The body as it was sent. */
  readonly sent: unknown
  readonly address: string | undefined
}

/** What changes something is recorded first: where that fails, nothing is changed. */
async function runRow(
  row: AdminRoute,
  call: AdminCall,
  { audit, sent, address }: RowCall,
): Promise<AdminReply> {
  const run = async () => row.run(call as Parameters<AdminRoute['run']>[0])
  if (row.method === 'GET') return run()
  const told = row.audit as AdminAudit
  const before = await told.before?.(call)
  const after = told.after ? await told.after(call) : (sent as Json | undefined)
  const { org, actor, requestId } = call
  const act: AuditAct = {
    org,
    actor,
    action: told.action,
    object: told.object(call),
    requestId,
    ...(address !== undefined && { address }),
  }
  const seq = await audit.record({
    ...act,
    ...(before !== undefined && { before }),
    ...(after !== undefined && { after }),
  })
  try {
    return await run()
  } catch (error) {
    const code = error instanceof GatewayError ? error.code : 'internal'
    // Without this second record the first one stands, and says that the act may have been done.
    await audit.record({ ...act, failed: { seq, code } }).catch(() => undefined)
    throw error
  }
}

/** Gives who calls: the admin token as bearer, or a session's cookie; a cookie alone cannot write from another site. */
function authenticate(parts: AdminParts, request: SideRequest): string {
  if (parts.isToken(request.credential)) return 'admin-token'
  if (!parts.hasSession(request.header('cookie'))) {
    throw new GatewayError('authentication_failed', 'Sign in, or send the admin token as a bearer token.')
  }
  if (request.method !== 'GET') refuseOtherOrigins(request)
  return 'session'
}

async function signInByLink(parts: AdminParts, request: SideRequest): Promise<SideReply> {
  const cookie = parts.redeemLink(request.query.get('token') ?? '')
  if (cookie !== undefined) {
    await recordSession(parts, request, 'sign-in-link', 'session.open')
    return { status: 303, headers: { ...notKept, location: '/', 'set-cookie': cookie }, body: '' }
  }
  // A person who opens an old link again is better served by the way to sign in than by JSON.
  if (request.header('accept')?.includes('text/html')) {
    return { status: 303, headers: { ...notKept, location: '/?link=used' }, body: '' }
  }
  throw new GatewayError('authentication_failed', 'This sign-in link was used already or is too old.')
}

const notKept = { 'cache-control': 'no-store' }

/** Exchanges the admin token, or the token of a link, for a session. */
async function signIn(parts: AdminParts, request: SideRequest): Promise<SideReply> {
  refuseOtherOrigins(request)
  const { token } = check(z.strictObject({ token: z.string() }), await request.json(), 'body')
  const isToken = parts.isToken(token)
  const cookie = isToken ? parts.openSession() : parts.redeemLink(token)
  if (cookie === undefined) throw new GatewayError('authentication_failed', 'The token is not valid.')
  await recordSession(parts, request, isToken ? 'admin-token' : 'sign-in-link', 'session.open')
  return { status: 204, headers: { ...notKept, 'set-cookie': cookie }, body: '' }
}

async function signOut(parts: AdminParts, request: SideRequest): Promise<SideReply> {
  refuseOtherOrigins(request)
  if (parts.hasSession(request.header('cookie')))
    await recordSession(parts, request, 'session', 'session.end')
  const cookie = parts.endSession(request.header('cookie'))
  return { status: 204, headers: { ...notKept, 'set-cookie': cookie }, body: '' }
}

async function recordSession(
  parts: AdminParts,
  { id: requestId, clientAddress: address }: SideRequest,
  actor: string,
  action: string,
): Promise<void> {
  await parts.audit.record({
    org: 'default',
    actor,
    action,
    object: 'session',
    requestId,
    ...(address !== undefined && { address }),
  })
}

function refuseOtherOrigins(request: SideRequest): void {
  if (request.header('sec-fetch-site') === 'same-origin') return
  throw new GatewayError('permission_denied', 'A session may only write from its own origin.')
}

function decodeParams(groups: Readonly<Record<string, string>> | undefined): Record<string, string> {
  try {
    return Object.fromEntries(
      Object.entries(groups ?? {}).map(([name, value]) => [name, decodeURIComponent(value)]),
    )
  } catch {
    throw new GatewayError('invalid_request', 'The path is not valid percent-encoding.')
  }
}

function check<Schema extends z.ZodType>(schema: Schema, value: unknown, where: string): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const param = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.')
  throw new GatewayError('invalid_request', `The ${where} is not valid: ${issue?.message ?? ''}`, {
    ...(param !== undefined && { param }),
  })
}
