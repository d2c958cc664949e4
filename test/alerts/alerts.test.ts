/** Alerts of a running gateway: told by webhook, Slack and e-mail, seen in the administration and live. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { asArray, asObject, type JsonObject } from '../../src/core/json.ts'
import { startHookServer } from '../support/hook-server.ts'
import { startMailServer } from '../support/mail-server.ts'
import { adminToken, startStack } from '../support/stack.ts'
import { until } from '../support/until.ts'

const hook = await startHookServer({ after })
const slack = await startHookServer({ after })
const mail = await startMailServer({ after })
const stack = await startStack(
  { after },
  {
    config: {
      allowPlaintextSecrets: true,
      alerts: {
        webhooks: [
          {
            name: 'ops',
            url: `${hook.url}/in`,
            secret: 'webhook-secret-canary-0123',
            allowPrivateNetwork: true,
          },
        ],
        slack: [
          {
            url: 'env:SLACK_URL',
            kinds: ['credential-parked'],
            allowPrivateNetwork: true,
          },
        ],
        email: [
          {
            host: '127.0.0.1',
            port: mail.port,
            tls: 'none',
            from: 'weir@example.com',
            to: ['ops@example.com'],
            allowPrivateNetwork: true,
          },
        ],
        rules: { providerFailures: { share: 0.5, minAttempts: 3 } },
      },
    },
    env: { SLACK_URL: `${slack.url}/services/slack-canary` },
  },
)

const admin = async (method: string, path: string): Promise<JsonObject> => {
  const response = await fetch(`${stack.gateway.url}/admin/v1${path}`, {
    method,
    headers: { authorization: `Bearer ${adminToken}` },
  })
  return (await response.json()) as JsonObject
}

const ask = (model: string) =>
  stack.post('/v1/chat/completions', { model, messages: [{ role: 'user', content: 'hello' }] })

test('a failing provider is told by webhook and mail, once, and stands in the list until it is acknowledged', async () => {
  const watching = await fetch(`${stack.gateway.url}/admin/v1/events`, {
    headers: { authorization: `Bearer ${adminToken}` },
  })
  assert.equal(watching.headers.get('content-type'), 'text/event-stream; charset=utf-8')
  const reader = watching.body!.pipeThrough(new TextDecoderStream()).getReader()
  for (let n = 0; n < 4; n++) await ask('openai/fault/http-500')
  const told = await until('the webhook', () => hook.received[0])
  const body = JSON.parse(told.body) as JsonObject
  assert.equal(body['type'], 'alert.raised')
  assert.equal(asObject(body['alert'])?.['kind'], 'provider-failures')
  const message = await until('the mail', () => mail.messages[0])
  assert.match(message, /^Subject: Alert \(\w+\): The provider openai fails/m)
  assert.match(message, /^To: ops@example\.com/m)
  const { data } = await admin('GET', '/alerts?status=open')
  assert.equal(asArray(data).length, 1)
  const id = String(asObject(asArray(data)[0])?.['id'])
  assert.ok((await admin('POST', `/alerts/${id}/acknowledge`))['acknowledged_at'])
  let seen = ''
  await until('the live events', async () => {
    seen += (await reader.read()).value ?? ''
    return /^event: request$/m.test(seen) && /^event: alert$/m.test(seen) ? true : undefined
  })
  const alert = JSON.parse(/^event: alert\ndata: (.*)$/m.exec(seen)![1]!) as JsonObject
  assert.equal(asObject(alert['alert'])?.['id'], id)
  await reader.cancel()
})

test('a parked key goes to Slack, with nothing of the key in it', async () => {
  await ask('mistral/fault/http-401')
  const told = await until('the message', () => slack.received[0])
  assert.equal(told.path, '/services/slack-canary')
  assert.match((JSON.parse(told.body) as { text: string }).text, /The key .+ of provider mistral is parked/)
  assert.ok(!told.body.includes('canary'))
})

test('a channel can be tried, and says why it does not work', async () => {
  const { data } = await admin('GET', '/alert-channels')
  assert.deepEqual(
    asArray(data).map((channel) => asObject(channel)?.['name']),
    ['ops', 'slack-1', 'email-1'],
  )
  assert.deepEqual(await admin('POST', '/alert-channels/email-1/test'), { delivered: true })
  slack.answerWith(404)
  assert.deepEqual(await admin('POST', '/alert-channels/slack-1/test'), {
    delivered: false,
    error: 'the receiver answered 404',
  })
  const shown = JSON.stringify(await admin('GET', '/alert-channels')) + stack.log.join('\n')
  assert.ok(!shown.includes('slack-canary') && !shown.includes('webhook-secret-canary'))
})
