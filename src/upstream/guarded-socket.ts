/** Opens plain sockets through the egress guard, for protocols other than HTTP. */

import type { Socket } from 'node:net'
import { createGuardedConnector, type EgressPolicy } from './egress.ts'

/** Connects to the address that was checked. TLS, where it is wanted, is for the caller to begin on the socket. */
export type OpenSocket = (hostname: string, port: number) => Promise<Socket>

export function createSocketOpener(policy: EgressPolicy, connectTimeoutMs = 3000): OpenSocket {
  const connect = createGuardedConnector(policy, { connectTimeoutMs })
  return (hostname, port) =>
    new Promise((resolve, reject) => {
      const target = { hostname, host: `${hostname}:${port}`, protocol: 'http:', port: String(port) }
      connect(target, (...[error, socket]) => {
        if (error === null) resolve(socket)
        else reject(error)
      })
    })
}
