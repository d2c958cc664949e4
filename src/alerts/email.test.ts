/** Mail leaves as the configuration demands, or not at all. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import { startMailServer } from '../../test/support/mail-server.ts'
import { createSocketOpener } from '../upstream/guarded-socket.ts'
import type { Alert } from './alert.ts'
import { createEmailChannel, type EmailOptions } from './email.ts'

const alert: Alert = {
  id: 'alert_1',
  org: 'default',
  kind: 'budget',
  subject: 'team_1',
  severity: 'warning',
  status: 'open',
  summary: 'Größe\r\nBcc: victim@example.com',
  detail: {},
  count: 1,
  firstAtMs: 0,
  lastAtMs: 0,
}
const notice = { occasion: 'raised', alert } as const

const channel = (port: number, given: Partial<EmailOptions> = {}) =>
  createEmailChannel({
    name: 'mail',
    host: '127.0.0.1',
    port,
    tls: 'none',
    from: 'weir@example.com',
    to: ['ops@example.com'],
    openSocket: createSocketOpener({ allowPrivateNetwork: true, allowedPorts: [port] }),
    ...given,
  })

test('what stands in an alert adds no recipient and no header', async (t) => {
  const mail = await startMailServer(t)
  await channel(mail.port).send(notice, 'alert_1.raised', AbortSignal.timeout(5000))
  const head = mail.messages[0]!.split('\r\n\r\n')[0]!
  assert.doesNotMatch(head, /^Bcc:/im)
  assert.match(head, /^Message-ID: <alert_1\.raised@weir\.invalid>$/m)
  assert.deepEqual(mail.recipients, ['ops@example.com'])
})

test('where TLS is demanded and not offered, nothing is sent', async (t) => {
  const mail = await startMailServer(t)
  const sending = channel(mail.port, { tls: 'starttls' }).send(notice, 'x', AbortSignal.timeout(5000))
  await assert.rejects(sending, /STARTTLS/i)
  assert.deepEqual(mail.messages, [])
})

test('a private mail server is reached only where that is allowed', async (t) => {
  const mail = await startMailServer(t)
  const openSocket = createSocketOpener({ allowPrivateNetwork: false, allowedPorts: [mail.port] })
  const sending = channel(mail.port, { openSocket }).send(notice, 'x', AbortSignal.timeout(5000))
  await assert.rejects(sending, { code: 'egress_blocked' })
})
