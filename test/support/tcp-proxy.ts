/** A way to a server that a test can listen at, cut and mend, as networks do it to who does not ask for it. */

import { once } from 'node:events'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import type { Lifetime } from './stack.ts'

export interface TcpProxy {
  /** As the server's own, but by this way. */
  readonly url: string
  /** Connections break, and no new one is made. */
  cut(): void
  /** Nothing passes, either way, and nothing tells so: what was sent meanwhile arrives when it is mended. */
  stall(): void
  mend(): void
}

/** Hears what passes, before it does. Connections are counted from 0. */
export type Listener = (chunk: Buffer, from: 'client' | 'server', connection: number) => void

/** To the server of this URL, until the test's end. */
export async function openTcpProxy(
  t: Lifetime,
  serverUrl: string,
  onData: Listener = () => undefined,
): Promise<TcpProxy> {
  const { hostname, port } = new URL(serverUrl)
  const sockets = new Set<Socket>()
  let way: 'open' | 'cut' | 'stalled' = 'open'
  let connections = 0

  const pass = (from: Socket, to: Socket, side: 'client' | 'server', connection: number): void => {
    sockets.add(from)
    from.on('data', (chunk: Buffer) => {
      onData(chunk, side, connection)
      if (to.write(chunk)) return
      from.pause()
      to.once('drain', () => {
        if (way === 'open') from.resume()
      })
    })
    from.on('end', () => to.end())
    from.on('error', () => to.destroy())
    from.on('close', () => {
      sockets.delete(from)
      to.destroy()
    })
    if (way === 'stalled') from.pause()
  }
  const server = createServer((client) => {
    if (way === 'cut') {
      client.resetAndDestroy()
      return
    }
    const upstream = connect({ host: hostname, port: Number(port) })
    const connection = connections++
    pass(client, upstream, 'client', connection)
    pass(upstream, client, 'server', connection)
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    for (const socket of sockets) socket.destroy()
    await new Promise((done) => server.close(done))
  })
  const url = new URL(serverUrl)
  url.port = `${(server.address() as AddressInfo).port}`
  return {
    url: url.href,
    cut() {
      way = 'cut'
      for (const socket of sockets) socket.resetAndDestroy()
    },
    stall() {
      way = 'stalled'
      for (const socket of sockets) socket.pause()
    },
    mend() {
      way = 'open'
      for (const socket of sockets) socket.resume()
    },
  }
}
