/** Posts small messages of the gateway's own (traces, alerts) through the egress guard. */

import { Agent } from 'undici'
import { createGuardedConnector, type EgressPolicy } from './egress.ts'

export interface Post {
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body: Uint8Array
  readonly signal: AbortSignal
}

export interface Poster {
  /** The status of the answer, whose body is not read. Follows no redirect. Rejects where there is no answer. */
  post(message: Post): Promise<number>
  /** The same with the text of the answer. Rejects where it is longer than `maxBytes`. */
  postForText(message: Post, maxBytes: number): Promise<{ readonly status: number; readonly text: string }>
  close(): Promise<void>
}

/** One pool of connections for one configured address. */
export function createPoster(policy: EgressPolicy, connectTimeoutMs = 3000): Poster {
  const agent = new Agent({ connect: createGuardedConnector(policy, { connectTimeoutMs }) })
  const send = ({ url, headers, body, signal }: Post) => {
    const { origin, pathname, search } = new URL(url)
    return agent.request({ origin, path: pathname + search, method: 'POST', headers, body, signal })
  }
  return {
    async post(message) {
      const answer = await send(message)
      await answer.body.dump({ limit: 65_536, signal: message.signal })
      return answer.statusCode
    },
    async postForText(message, maxBytes) {
      const { statusCode, body } = await send(message)
      const parts: Buffer[] = []
      let bytes = 0
      for await (const part of body as AsyncIterable<Buffer>) {
        bytes += part.length
        if (bytes > maxBytes) throw new Error(`the answer is longer than ${maxBytes} bytes`)
        parts.push(part)
      }
      return { status: statusCode, text: Buffer.concat(parts).toString() }
    },
    close: () => agent.destroy(),
  }
}
