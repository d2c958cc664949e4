/** Callers with tokens over a running gateway: beside keys, on every route, with their user and team in the books. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { asOwner } from '../support/people.ts'
import { startStack } from '../support/stack.ts'
import { createIssuer, issuer as iss, audience, publish } from '../support/token-issuer.ts'
import { until } from '../support/until.ts'

const issuer = await createIssuer()
const jwksUrl = await publish({ after }, issuer)
const stack = await startStack(
  { after },
  {
    config: {
      access: {
        jwt: {
          corp: {
            issuer: iss,
            audience,
            jwksUrl,
            allowPrivateNetwork: true,
            models: ['openai/*'],
            claims: { team: 'team' },
          },
        },
      },
    },
  },
)
const messages = [{ role: 'user', content: 'hello' }]
const ask = (token: string, model = 'openai/echo') =>
  stack.post('/v1/chat/completions', { model, messages }, { authorization: `Bearer ${token}` })

test('a token calls as a key does, and its user and team are known, whatever the caller claims', async () => {
  const { body: team } = await asOwner(stack)('POST', '/teams', { name: 'search' })
  const token = await issuer.sign('first', { team: team['id'] })
  const response = await stack.post(
    '/v1/chat/completions',
    { model: 'openai/echo', messages, user: 'somebody-else' },
    { authorization: `Bearer ${token}` },
  )
  assert.equal(response.status, 200)
  await response.text()
  const [line] = await until('the line of the ledger', async () => {
    const lines = asArray((await stack.admin('/ledger?key=jwt%3Acorp%3Aada'))['data'])
    return lines.length > 0 ? lines : undefined
  })
  assert.deepEqual(
    [asObject(line)?.['user'], asObject(line)?.['key_name'], asObject(line)?.['team']],
    ['corp:ada', 'corp', team['id']],
  )
  assert.equal((await ask(token, 'claude/claude-sonnet-4-5')).status, 403)
  const models = await fetch(`${stack.gateway.url}/v1/models`, { headers: { 'x-api-key': token } })
  assert.equal(models.status, 200)
})

test('a wrong token is answered as a wrong key is, and a token is no way into the administration', async () => {
  const told = async (response: Response) => {
    const error = asObject(((await response.json()) as JsonObject)['error'])
    return [response.status, error?.['code'], error?.['message']]
  }
  const wrong = await ask(await issuer.sign('first', { aud: 'x' }))
  assert.deepEqual(await told(wrong), await told(await ask(`weir_${'0'.repeat(12)}_${'0'.repeat(49)}`)))
  const admin = await fetch(`${stack.gateway.url}/admin/v1/keys`, {
    headers: { authorization: `Bearer ${await issuer.sign('first', {})}` },
  })
  assert.equal(admin.status, 401)
})

test('nothing can be left behind in the name of a token', async () => {
  const response = await fetch(`${stack.gateway.url}/v1/batches`, {
    headers: { authorization: `Bearer ${await issuer.sign('first', {})}` },
  })
  assert.equal(response.status, 403)
})
