/** A provider on loopback that keeps the bytes of what it was sent and answers as a test tells it. */

import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import type { Lifetime } from './stack.ts'

export interface ReceivedRequest {
  readonly method: string
  /** Path and query, as they came. */
  readonly target: string
  /** By lower-case name; of a repeated header, all values. */
  readonly headers: Readonly<Record<string, readonly string[]>>
  readonly body: Buffer
}

export interface ScriptedProvider {
  readonly url: string
  readonly received: readonly ReceivedRequest[]
  /** Answers all later requests. */
  answerWith(answer: (request: ReceivedRequest, response: ServerResponse) => void): void
}

export async function startScriptedProvider(t: Lifetime): Promise<ScriptedProvider> {
  const received: ReceivedRequest[] = []
  let answer = (_request: ReceivedRequest, response: ServerResponse): void => {
    response.writeHead(200, { 'content-type': 'application/json' }).end('{}')
  }
  const server = createServer((incoming, response) => {
    const chunks: Buffer[] = []
    incoming.on('data', (chunk: Buffer) => chunks.push(chunk))
    incoming.on('end', () => {
      const request = toReceived(incoming, Buffer.concat(chunks))
      received.push(request)
      answer(request, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  t.after(async () => {
    server.closeAllConnections()
    await new Promise((resolve) => server.close(resolve))
  })
  return {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    answerWith: (script) => (answer = script),
  }
}

function toReceived({ method = '', url = '', rawHeaders }: IncomingMessage, body: Buffer): ReceivedRequest {
  const headers: Record<string, string[]> = {}
  for (let i = 0; i < rawHeaders.length; i += 2) {
    const values = (headers[rawHeaders[i]!.toLowerCase()] ??= [])
    values.push(rawHeaders[i + 1]!)
  }
  return { method, target: url, headers, body }
}
