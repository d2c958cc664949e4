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
  close(): Promise<void>
}

/** One pool of connections for one configured address. */
export function createPoster(policy: EgressPolicy, connectTimeoutMs = 3000): Poster {
  const agent = new Agent({ connect: createGuardedConnector(policy, { connectTimeoutMs }) })
  return {
    async post({ url, headers, body, signal }) {
      const { origin, pathname, search } = new URL(url)
      const answer = await agent.request({
        origin,
        path: pathname + search,
        method: 'POST',
        headers,
        body,
        signal,
      })
      await answer.body.dump({ limit: 65_536, signal })
      return answer.statusCode
    },
    close: () => agent.destroy(),
  }
}
