/** Alerts as e-mail, over SMTP. */

import type { Socket } from 'node:net'
import type { Secret } from '../core/secret.ts'
import { type AlertKind, type Notice, toView } from './alert.ts'
import { type Channel, headline } from './channel.ts'

export interface EmailOptions {
  readonly name: string
  readonly host: string
  readonly port: number
  /** `implicit`: TLS from the first byte. `starttls`: required before anything is sent. `none`: never. */
  readonly tls: 'implicit' | 'starttls' | 'none'
  readonly user?: string
  readonly password?: Secret
  readonly from: string
  readonly to: readonly string[]
  readonly kinds?: readonly AlertKind[]
  /** Opens the connection through the egress guard. */
  readonly openSocket: (host: string, port: number) => Promise<Socket>
}

const timeoutMs = 10_000

/** The library is loaded with the first message. */
export function createEmailChannel(options: EmailOptions): Channel {
  const { name, kinds, from, to } = options
  return {
    name,
    ...(kinds && { kinds }),
    async send(notice, deliveryId) {
      const transport = await createTransport(options)
      try {
        await transport.sendMail({
          from,
          to: [...to],
          subject: headline(notice),
          text: textOf(notice),
          // Repeated deliveries are one message for mail programs.
          messageId: `<${deliveryId}@weir.invalid>`,
        })
      } finally {
        transport.close()
      }
    },
    // Each message has a connection of its own.
    close: () => Promise.resolve(),
  }
}

async function createTransport({ host, port, tls, user, password, openSocket }: EmailOptions) {
  const { default: nodemailer } = await import('nodemailer')
  const connection = await openSocket(host, port)
  return nodemailer.createTransport({
    host,
    port,
    secure: tls === 'implicit',
    requireTLS: tls === 'starttls',
    ignoreTLS: tls === 'none',
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // What a message names is never fetched or read.
    disableFileAccess: true,
    disableUrlAccess: true,
    ...(user !== undefined && { auth: { user, pass: password?.reveal() ?? '' } }),
    getSocket: (_options, callback) => callback(null, { connection }),
  })
}

function textOf({ alert }: Notice): string {
  return `${alert.summary}\n\n${JSON.stringify(toView(alert), null, 2)}\n`
}
