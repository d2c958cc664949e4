/** Small requests of the gateway's own whose answers are read, through the egress guard. */

import { Agent } from 'undici'
import { checkEgressUrl, createGuardedConnector, type EgressPolicy, toConnectError } from './egress.ts'

export interface ExchangeRequest {
  readonly method: 'GET' | 'POST' | 'PUT'
  readonly url: string
  readonly headers: Readonly<Record<string, string>>
  readonly body?: string
  /** Until the answer is whole; 10 s where it is absent. */
  readonly timeoutMs?: number
}

export interface ExchangeAnswer {
  readonly status: number
  readonly contentType?: string
  readonly body: string
}

export interface Exchanger {
  /** Follows no redirect. Rejects with GatewayError where there is no whole answer. */
  exchange(request: ExchangeRequest): Promise<ExchangeAnswer>
  close(): Promise<void>
}

const answerTimeoutMs = 10_000
const maxAnswerBytes = 1_048_576

/** `ca`: the certificate, in PEM, of a private authority. */
export function createExchanger(policy: EgressPolicy, ca?: string): Exchanger {
  const agent = new Agent({
    connect: createGuardedConnector(policy, {
      connectTimeoutMs: 3000,
      ...(ca !== undefined && { tls: { ca } }),
    }),
    maxResponseSize: maxAnswerBytes,
  })
  return {
    async exchange({ url, timeoutMs = answerTimeoutMs, ...request }) {
      const { origin, pathname, search } = checkEgressUrl(url, policy)
      try {
        const signal = AbortSignal.timeout(timeoutMs)
        const answer = await agent.request({
          ...request,
          origin,
          path: pathname + search,
          signal,
          headersTimeout: timeoutMs,
          bodyTimeout: timeoutMs,
        })
        const contentType = answer.headers['content-type']
        return {
          status: answer.statusCode,
          ...(typeof contentType === 'string' && { contentType }),
          body: await answer.body.text(),
        }
      } catch (cause) {
        throw toConnectError(cause)
      }
    },
    close: () => agent.destroy(),
  }
}
