/** Calls the admin API: one function, typed by the operation's name. */

import type { AdminApi } from './schema.ts'

export type Operation = keyof AdminApi
export type Reply<Name extends Operation> = AdminApi[Name]['response']
/** One thing of a list that the operation gives. */
export type Item<Name extends Operation> = Reply<Name> extends { data: (infer Thing)[] } ? Thing : never

export interface Given<Name extends Operation> {
  readonly params?: Readonly<Record<string, string>>
  readonly query?: AdminApi[Name]['query']
  readonly body?: AdminApi[Name]['body']
  readonly signal?: AbortSignal
}

/** An answer that says what is wrong, or none at all (`status` 0). */
export class ApiError extends Error {
  readonly status: number
  readonly code: string
  readonly requestId: string | undefined
  /** When it is worth another try, where the answer says so. */
  readonly retryAfterS: number | undefined

  constructor(status: number, code: string, message: string, headers?: Headers) {
    super(message)
    this.status = status
    this.code = code
    this.requestId = headers?.get('x-weir-request-id') ?? undefined
    const retryAfter = headers?.get('retry-after')
    this.retryAfterS = retryAfter ? Number(retryAfter) : undefined
  }
}

/** Rejects with ApiError. */
export async function ask<Name extends Operation>(
  operation: Name,
  given: Given<Name> = {},
): Promise<Reply<Name>> {
  const { method, path } = placeOf(operation, given.params)
  const response = await send(`${path}${queryText(given.query)}`, {
    method,
    ...(given.signal && { signal: given.signal }),
    ...(given.body !== undefined && {
      body: JSON.stringify(given.body),
      headers: { 'content-type': 'application/json' },
    }),
  })
  return (response.status === 204 ? undefined : await response.json()) as Reply<Name>
}

/** For what is not JSON: the body as it comes. Rejects with ApiError. */
export async function askBody(
  operation: Operation,
  params: Readonly<Record<string, string>>,
): Promise<ReadableStream<Uint8Array>> {
  const { method, path } = placeOf(operation, params)
  const { body } = await send(path, { method })
  return body ?? new Blob().stream()
}

function placeOf(operation: Operation, params: Given<Operation>['params']): { method: string; path: string } {
  const [method = '', template = ''] = operation.split(' ')
  const path = template.replace(/\{(\w+)\}/g, (_, name: string) => encodeURIComponent(params?.[name] ?? ''))
  return { method, path: `/admin/v1${path}` }
}

/** What somebody signs in with. */
export type Credentials = { readonly token: string } | { readonly email: string; readonly password: string }

/** What the page for signing in offers; `oidc` is the name of another service. */
export interface SignInWays {
  readonly token: boolean
  readonly password: boolean
  readonly oidc?: string
}

export async function signInWays(): Promise<SignInWays> {
  return (await (await send('/admin/v1/session', { method: 'GET' })).json()) as SignInWays
}

/** Exchanges them for a session's cookie. */
export function signIn(credentials: Credentials): Promise<void> {
  return postForSession('/admin/v1/session', credentials)
}

/** Chooses a password by the token of an invitation, and signs in. */
export function acceptInvitation(token: string, password: string): Promise<void> {
  return postForSession('/admin/v1/session/invitation', { token, password })
}

async function postForSession(url: string, body: object): Promise<void> {
  await send(url, {
    method: 'POST',
    body: JSON.stringify(body),
    headers: { 'content-type': 'application/json' },
  })
}

export async function signOut(): Promise<void> {
  await send('/admin/v1/session', { method: 'DELETE' })
}

async function send(url: string, init: RequestInit): Promise<Response> {
  let response: Response
  try {
    response = await fetch(url, init)
  } catch (cause) {
    if (init.signal?.aborted === true) throw cause
    throw new ApiError(0, 'unreachable', 'The gateway does not answer.')
  }
  if (response.ok) return response
  const body = (await response.json().catch(() => ({}))) as { error?: { code?: string; message?: string } }
  throw new ApiError(
    response.status,
    body.error?.code ?? 'unknown',
    body.error?.message ?? `The gateway answered ${response.status}.`,
    response.headers,
  )
}

function queryText(query: object | undefined): string {
  const pairs = Object.entries(query ?? {}).filter(([, value]) => value !== undefined && value !== '')
  if (pairs.length === 0) return ''
  return `?${new URLSearchParams(pairs.map(([name, value]) => [name, String(value)])).toString()}`
}
