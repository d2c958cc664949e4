/** The administration API over HTTP: who may call it, and how its rows become routes. */

import { z } from 'zod'
import { renderOpenApi } from '../admin/openapi.ts'
import { type AdminCaller, authoriseCall, ownerCaller } from '../admin/policy.ts'
import type { AdminAudit, AdminCall, AdminReply, AdminRoute, AdminStream } from '../admin/route.ts'
import type { AuditLog } from '../audit/log.ts'
import type { AuditAct } from '../audit/port.ts'
import { GatewayError } from '../core/error.ts'
import type { Json } from '../core/json.ts'
import { toSideReply } from './caller-routes.ts'
import { check } from './shape.ts'
import { json, type SideReply, type SideRequest, type SideRoute } from './side-routes.ts'
import { refuseOtherOrigins, type SignInParts, signInRoutes } from './sign-in.ts'

export interface AdminParts extends SignInParts {
  readonly routes: readonly AdminRoute[]
  /** Is this the configured admin token? */
  isToken(presented: string | undefined): boolean
}

const base = '/admin/v1'

export function adminSideRoutes(parts: AdminParts): SideRoute[] {
  const compiled = parts.routes.map(compile)
  /** Rendered once: whoever asks for it need not sign in. */
  let description: SideReply | undefined
  return [
    ...signInRoutes(parts),
    {
      matches: (path) => path === `${base}/openapi.json`,
      methods: ['GET'],
      answer: () => (description ??= json(200, renderOpenApi(parts.routes))),
    },
    {
      matches: (path) => path.startsWith(`${base}/`),
      methods,
      async answer(request) {
        const identify = () => authenticate(parts, request)
        return answerRow({ compiled, audit: parts.audit, caller: await identify(), identify }, request)
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
      answer: (request) => answerRow({ compiled, audit, caller: ownerCaller('control-socket') }, request),
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
  readonly caller: AdminCaller
  /** Who it is now. Absent: that does not change. */
  readonly identify?: () => Promise<AdminCaller>
}

async function answerRow(
  { compiled, audit, caller, identify }: RowParts,
  request: SideRequest,
): Promise<SideReply> {
  const onPath = compiled.filter(({ pattern }) => pattern.test(request.path))
  if (onPath.length === 0) throw new GatewayError('not_found', 'There is no such path in the admin API.')
  const route = onPath.find(({ row }) => row.method === request.method)
  if (!route) {
    const methods = onPath.map(({ row }) => row.method).join(', ')
    throw new GatewayError('method_not_allowed', `This path accepts ${methods}.`)
  }
  const { row, pattern } = route
  const teams = authoriseCall(row, caller)
  const sent = row.body ? await request.json() : undefined
  const call: AdminCall = {
    org: caller.org,
    actor: caller.name,
    caller,
    ...(teams && { teams }),
    requestId: request.id,
    params: decodeParams(pattern.exec(request.path)?.groups),
    query: check(row.query ?? z.strictObject({}), Object.fromEntries(request.query), 'query'),
    body: row.body ? check(row.body, sent, 'body') : undefined,
    form: request.form,
  }
  const reply = await runRow(row, call, { audit, sent, address: request.clientAddress })
  if (reply.stream) {
    const { contentType, open } = reply.stream
    const stream = (to: AdminStream) => {
      open(to)
      if (identify) endWithRights(to, teams, async () => authoriseCall(row, await identify()))
    }
    return { status: 200, headers: { 'content-type': contentType }, body: '', stream }
  }
  if (reply.content) {
    const { contentType, bytes: content } = reply.content
    return toSideReply({ contentType, content })
  }
  if (reply.body === undefined) return { status: reply.status ?? 204, body: '' }
  return json(reply.status ?? 200, reply.body)
}

/** How often it is asked whether whoever reads a stream still may. */
const againMs = 2_000

/** Ends a stream when its reader has signed out, or has lost the role or a team that it was opened with. */
function endWithRights(
  stream: AdminStream,
  teams: ReadonlySet<string> | undefined,
  authorise: () => Promise<ReadonlySet<string> | undefined>,
): void {
  const look = async () => {
    try {
      const now = await authorise()
      const isSame = now && teams ? now.symmetricDifference(teams).size === 0 : now === teams
      if (!isSame) stream.end()
    } catch (error) {
      // A store that is out of reach takes no rights away.
      if (error instanceof GatewayError && lostRights.has(error.code)) stream.end()
    }
  }
  const timer = setInterval(() => void look(), againMs).unref()
  stream.onClose(() => clearInterval(timer))
}

const lostRights: ReadonlySet<string> = new Set(['authentication_failed', 'permission_denied'])

interface RowCall {
  readonly audit: AuditLog
  /** The body as it was sent. */
  readonly sent: unknown
  readonly address: string | undefined
}

/** What the audit is to know is recorded first: where that fails, nothing is changed, or shown. */
async function runRow(
  row: AdminRoute,
  call: AdminCall,
  { audit, sent, address }: RowCall,
): Promise<AdminReply> {
  const run = async () => row.run(call as Parameters<AdminRoute['run']>[0])
  const told = row.audit as AdminAudit | undefined
  if (!told) return run()
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

/** The admin token as bearer, or a session's cookie; a cookie alone cannot write from another site. */
async function authenticate({ isToken, signIns }: AdminParts, request: SideRequest): Promise<AdminCaller> {
  if (isToken(request.credential)) return ownerCaller('admin-token')
  const caller = await signIns.callerOf(request.header('cookie'))
  if (!caller) {
    if (request.credential !== undefined) signIns.refused({ way: 'token', address: request.clientAddress })
    throw new GatewayError('authentication_failed', 'Sign in, or send the admin token as a bearer token.')
  }
  if (request.method !== 'GET') refuseOtherOrigins(request)
  return caller
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
