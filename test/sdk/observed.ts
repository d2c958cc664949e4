/** Watches the answers that clients in this process receive, whichever SDK sent the request. */

import { subscribe, unsubscribe } from 'node:diagnostics_channel'

export interface ObservedAnswer {
  readonly path: string
  readonly status: number
  /** By lower-case name. */
  readonly headers: ReadonlyMap<string, string>
}

interface HeadersMessage {
  readonly request: { readonly origin: string | URL; readonly path: string }
  readonly response: { readonly statusCode: number; readonly headers: readonly Buffer[] }
}

// All of these SDKs send with Node's own fetch, which tells of every answer on this channel.
const channel = 'undici:request:headers'

/** Every answer from `origin` that arrived while `run` ran, oldest first, and what became of `run`. */
export async function observed<Value>(
  origin: string,
  run: () => Promise<Value>,
): Promise<{ answers: ObservedAnswer[]; outcome: Promise<Value> }> {
  const answers: ObservedAnswer[] = []
  const listener = (message: unknown) => {
    const { request, response } = message as HeadersMessage
    if (String(request.origin) !== origin) return
    const headers = new Map<string, string>()
    for (let at = 0; at + 1 < response.headers.length; at += 2) {
      headers.set(String(response.headers[at]).toLowerCase(), String(response.headers[at + 1]))
    }
    answers.push({ path: request.path, status: response.statusCode, headers })
  }
  subscribe(channel, listener)
  const outcome = run()
  await Promise.allSettled([outcome])
  unsubscribe(channel, listener)
  return { answers, outcome }
}
