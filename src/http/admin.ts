/** The administration API over HTTP: who may call it, and how its rows become routes. */

import { z } from 'zod'
import { renderOpenApi } from '../admin/openapi.ts'
import type { AdminRoute } from '../admin/route.ts'
import { GatewayError } from '../core/error.ts'
import { json, type SideReply, type SideRequest, type SideRoute } from './side-routes.ts'

export interface AdminParts {
  readonly routes: readonly AdminRoute[]
  /** Is this the configured admin token? */
  isToken(presented: string | undefined): boolean
  /** Does the cookie header hold a live session? */
  hasSession(cookie: string | undefined): boolean
  /** The session cookie for a one-time link; undefined where the link is not valid. */
  redeemLink(link: string): string | undefined
}

const base = '/admin/v1'

export function adminSideRoutes(parts: AdminParts): SideRoute[] {
  const compiled = parts.routes.map(compile)
  return [
    { matches: (path) => path === '/sign-in', methods: ['GET'], answer: (request) => signIn(parts, request) },
    {
      matches: (path) => path === `${base}/openapi.json`,
      methods: ['GET'],
      answer: () => json(200, renderOpenApi(parts.routes)),
    },
    {
      matches: (path) => path.startsWith(`${base}/`),
      methods,
      answer(request) {
        authenticate(parts, request)
        return answerRow(compiled, request)
      },
    },
  ]
}

/** The same rows for whoever may open the control socket: the file system has authenticated them. */
export function controlSideRoutes(routes: readonly AdminRoute[]): SideRoute[] {
  const compiled = routes.map(compile)
  return [
    {
      matches: (path) => path.startsWith(`${base}/`),
      methods,
      answer: (request) => answerRow(compiled, request),
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

async function answerRow(compiled: readonly CompiledRoute[], request: SideRequest): Promise<SideReply> {
  const onPath = compiled.filter(({ pattern }) => pattern.test(request.path))
  if (onPath.length === 0) throw new GatewayError('not_found', 'There is no such path in the admin API.')
  const route = onPath.find(({ row }) => row.method === request.method)
  if (!route) {
    const methods = onPath.map(({ row }) => row.method).join(', ')
    throw new GatewayError('method_not_allowed', `This path accepts ${methods}.`)
  }
  const { row, pattern } = route
  const reply = await row.run({
    org: 'default',
    params: decodeParams(pattern.exec(request.path)?.groups),
    query: check(row.query ?? z.strictObject({}), Object.fromEntries(request.query), 'query'),
    body: row.body ? check(row.body, await request.json(), 'body') : undefined,
  })
  if (reply.stream) {
    const { contentType, open } = reply.stream
    return { status: 200, headers: { 'content-type': contentType }, body: '', stream: open }
  }
  if (reply.body === undefined) return { status: reply.status ?? 204, body: '' }
  return json(reply.status ?? 200, reply.body)
}

/** The admin token as bearer, or a session's cookie; a cookie alone cannot write from another site. */
function authenticate(parts: AdminParts, request: SideRequest): void {
  if (parts.isToken(request.credential)) return
  if (!parts.hasSession(request.header('cookie'))) {
    throw new GatewayError('authentication_failed', 'Sign in, or send the admin token as a bearer token.')
  }
  const site = request.header('sec-fetch-site')
  if (request.method !== 'GET' && site !== 'same-origin') {
    throw new GatewayError('permission_denied', 'A session may only write from its own origin.')
  }
}

function signIn(parts: AdminParts, request: SideRequest): SideReply {
  const cookie = parts.redeemLink(request.query.get('token') ?? '')
  if (cookie === undefined) {
    throw new GatewayError('authentication_failed', 'This sign-in link was used already or is too old.')
  }
  return {
    status: 303,
    headers: { location: '/', 'set-cookie': cookie, 'cache-control': 'no-store' },
    body: '',
  }
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
