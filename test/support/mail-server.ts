/** A mail server on loopback, and the messages that it took. */

import { once } from 'node:events'
import type { AddressInfo } from 'node:net'
import { SMTPServer } from 'smtp-server'
import type { Lifetime } from './stack.ts'

export interface MailServer {
  readonly port: number
  /** Whole messages, headers included, in the order in which they came. */
  readonly messages: readonly string[]
  /** Of all messages. */
  readonly recipients: readonly string[]
}

/** It asks for no sign-in and offers no TLS. */
export async function startMailServer(t: Lifetime): Promise<MailServer> {
  const messages: string[] = []
  const recipients: string[] = []
  const server = new SMTPServer({
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    onData(stream, { envelope }, callback) {
      recipients.push(...envelope.rcptTo.map(({ address }) => address))
      let text = ''
      stream.on('data', (chunk: Buffer) => (text += chunk.toString()))
      stream.on('end', () => {
        messages.push(text)
        callback()
      })
    },
  })
  server.listen(0, '127.0.0.1')
  await once(server.server, 'listening')
  t.after(() => new Promise<void>((resolve) => server.close(() => resolve())))
  return { port: (server.server.address() as AddressInfo).port, messages, recipients }
}
