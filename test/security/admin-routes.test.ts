/** Every route of the administration API refuses whoever is not an administrator, and tells nothing of what is behind it. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asObject } from '../../src/core/json.ts'
import { adminToken, startStack, testKey } from '../support/stack.ts'

const stack = await startStack({ after })

async function inventory(): Promise<readonly (readonly [method: string, path: string])[]> {
  const description = await stack.admin('/openapi.json')
  return Object.entries(asObject(description['paths']) ?? {}).flatMap(([path, item]) =>
    Object.keys(asObject(item) ?? {})
      .filter((method) => /^(get|post|put|patch|delete)$/.test(method))
      .map((method) => [method.toUpperCase(), path.replaceAll(/\{\w+\}/g, 'some-id')] as const),
  )
}

const strangers: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  nobody: {},
  'an API key': { authorization: `Bearer ${testKey}` },
  'a wrong token': { authorization: `Bearer ${adminToken}x` },
  'the start of the token': { authorization: `Bearer ${adminToken.slice(0, -1)}` },
  'the token as a basic credential': { authorization: `Basic ${adminToken}` },
  'a made-up session': { cookie: `weir_session=${'s'.repeat(43)}; __Host-weir_session=${'s'.repeat(43)}` },
}

test('each route, each stranger: 401, before the body is read', async () => {
  const routes = await inventory()
  assert.ok(routes.length > 20, `${routes.length} routes`)
  for (const [method, path] of routes) {
    for (const [who, headers] of Object.entries(strangers)) {
      const response = await fetch(
        stack.gateway.url + (path.startsWith('/admin') ? path : `/admin/v1${path}`),
        {
          method,
          headers: { ...headers, 'content-type': 'application/json' },
          ...(method !== 'GET' && { body: '{ this is not JSON' }),
        },
      )
      const text = await response.text()
      // So many made-up sessions in a second, and wrong tokens in a minute, are too many: then they are not looked at.
      const isRefused = response.status === 401 || (who !== 'nobody' && response.status === 429)
      assert.ok(isRefused, `${method} ${path} for ${who}: ${response.status} ${text}`)
      assert.equal(response.headers.get('access-control-allow-origin'), null)
    }
  }
})

test('spellings of a path that some servers take for another are no way around', async () => {
  for (const path of [
    '//admin/v1/keys',
    '/admin//v1/keys',
    '/%61dmin/v1/keys',
    '/x/../admin/v1/keys',
    '/admin/v1/keys/',
    '/admin/v1/keys;x',
    '/ADMIN/v1/keys',
    '/admin%2fv1/keys',
  ]) {
    const response = await fetch(stack.gateway.url + path, {
      headers: { authorization: `Bearer ${testKey}` },
    })
    await response.text()
    assert.ok(response.status >= 400, `${path}: ${response.status}`)
  }
})
