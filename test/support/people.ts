/** People with accounts of a gateway, made and signed in by its own API. */

import assert from 'node:assert/strict'
import type { Grant } from '../../src/admin/policy.ts'
import { asString, type Json, type JsonObject } from '../../src/core/json.ts'
import { adminToken, type Stack } from './stack.ts'

export interface Answer {
  readonly status: number
  readonly body: JsonObject
}

/** Calls the admin API as somebody. */
export type Call = (method: string, path: string, body?: Json) => Promise<Answer>

export interface Person {
  readonly id: string
  readonly email: string
  readonly cookie: string
  readonly call: Call
}

export const password = 'a long enough password'

export function callWith(url: string, headers: Readonly<Record<string, string>>): Call {
  return async (method, path, body) => {
    const response = await fetch(`${url}/admin/v1${path}`, {
      method,
      headers: { ...headers, ...(body !== undefined && { 'content-type': 'application/json' }) },
      ...(body !== undefined && { body: JSON.stringify(body) }),
    })
    const text = await response.text()
    const isJson = response.headers.get('content-type')?.startsWith('application/json') ?? false
    // An export is one text.
    return { status: response.status, body: isJson ? (JSON.parse(text) as JsonObject) : { text } }
  }
}

export const asOwner = ({ gateway }: Stack): Call =>
  callWith(gateway.url, { authorization: `Bearer ${adminToken}` })

/** What a browser sends from the dashboard's own pages. */
export const asPage = (url: string, cookie = ''): Call =>
  callWith(url, { 'sec-fetch-site': 'same-origin', ...(cookie !== '' && { cookie }) })

/** Somebody with these roles, signed in; `team` is the one that they belong to. */
export async function createPerson(
  stack: Stack,
  name: string,
  roles: readonly Grant[],
  { team, ceiling }: { readonly team?: string; readonly ceiling?: JsonObject } = {},
): Promise<Person> {
  const email = `${name.toLowerCase()}@example.com`
  const owner = asOwner(stack)
  const made = await owner('POST', '/users', { name, email, ...(team !== undefined && { team }) })
  assert.equal(made.status, 201, JSON.stringify(made.body))
  const id = asString(made.body['id'])!
  const account = { roles: roles.map((grant) => ({ ...grant })), ...(ceiling && { ceiling }) }
  const set = await owner('PUT', `/users/${id}/account`, account)
  assert.equal(set.status, 200, JSON.stringify(set.body))
  const invited = await owner('POST', `/users/${id}/invitation`)
  const cookie = await accept(stack.gateway.url, asString(invited.body['path'])!)
  return { id, email, cookie, call: asPage(stack.gateway.url, cookie) }
}

/** Chooses the password by the path of an invitation; gives the cookie of the session. */
export async function accept(url: string, path: string, chosen = password): Promise<string> {
  const response = await fetch(`${url}/admin/v1/session/invitation`, {
    method: 'POST',
    headers: { 'sec-fetch-site': 'same-origin', 'content-type': 'application/json' },
    body: JSON.stringify({ token: path.split('#')[1], password: chosen }),
  })
  assert.equal(response.status, 204, await response.text())
  return cookieOf(response)
}

export function cookieOf(response: Response): string {
  return (response.headers.get('set-cookie') ?? '').split(';')[0] ?? ''
}
