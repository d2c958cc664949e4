/** Tells a connection that the provider had closed long before from one that broke under a request. */

import type { buildConnector } from 'undici'

/** What a lost connection had carried, on the error that tells of the loss; undici's own errors have it. */
interface LostConnection extends Error {
  code?: string
  socket?: { readonly bytesRead?: number }
}

/** Tells errors of the socket itself what undici tells its own: they reach the calls without their socket. */
export function noteBytesRead(connect: buildConnector.connector): buildConnector.connector {
  return (target, callback) =>
    connect(target, (...[error, socket]) => {
      if (error !== null) return callback(error, null)
      socket.on('error', (cause: LostConnection) => (cause.socket ??= { bytesRead: socket.bytesRead }))
      return callback(null, socket)
    })
}

const lostCodes: ReadonlySet<string | undefined> = new Set(['UND_ERR_SOCKET', 'ECONNRESET', 'EPIPE'])

/** True when a kept-alive connection turned out to be closed: an earlier answer was read from it, none of this one. */
export function isStaleSocket(cause: unknown): boolean {
  if (!(cause instanceof Error)) return false
  const { code, socket } = cause as LostConnection
  return lostCodes.has(code) && (socket?.bytesRead ?? 0) > 0
}
