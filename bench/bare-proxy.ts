/**
 * The yardstick: the least that a Node process can do between a client and a provider. `node:http` in, undici's
 * dispatch out, bytes passed as they come, with back-pressure. It parses, checks, counts and records nothing.
 * Usage: node bench/bare-proxy.ts BASE_URL; prints `bare proxy on URL`.
 */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { type Dispatcher, Pool } from 'undici'

const upstream = new URL(process.argv[2] ?? '')
const pool = new Pool(upstream.origin, { headersTimeout: 0, bodyTimeout: 0 })

const server = createServer((request, response) => {
  const chunks: Buffer[] = []
  request.on('data', (chunk: Buffer) => chunks.push(chunk))
  request.on('end', () =>
    forward(request, chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks), response),
  )
})
server.listen(0, '127.0.0.1', () => {
  console.log(`bare proxy on http://127.0.0.1:${(server.address() as AddressInfo).port}`)
})

// A body that was read whole is cheaper to send than a stream: the yardstick is the cheapest way that works.
function forward(
  { url = '/', method, headers }: IncomingMessage,
  body: Buffer,
  response: ServerResponse,
): void {
  const handler = new Forwarding(response)
  response.on('drain', () => handler.controller?.resume())
  response.on('close', () => {
    if (!response.writableFinished) handler.controller?.abort(new Error('the client left'))
  })
  pool.dispatch(
    {
      origin: upstream.origin,
      path: upstream.pathname.replace(/\/$/, '') + url.slice('/v1'.length),
      method: method as Dispatcher.HttpMethod,
      headers: [
        'content-type',
        headers['content-type'] ?? 'application/json',
        'authorization',
        headers.authorization ?? '',
      ],
      body: method === 'GET' ? null : body,
    },
    handler,
  )
}

class Forwarding implements Dispatcher.DispatchHandler {
  controller: Dispatcher.DispatchController | undefined
  readonly #response: ServerResponse

  constructor(response: ServerResponse) {
    this.#response = response
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    this.controller = controller
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    status: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    // These belong to one hop: `node:http` writes its own.
    const {
      connection: _connection,
      'keep-alive': _keepAlive,
      'transfer-encoding': _coding,
      ...rest
    } = headers
    this.#response.writeHead(status, rest)
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (!this.#response.write(chunk)) controller.pause()
  }

  onResponseEnd(): void {
    this.#response.end()
  }

  onResponseError(): void {
    if (this.#response.headersSent) this.#response.destroy()
    else this.#response.writeHead(502).end()
  }
}
