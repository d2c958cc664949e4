/** Hands what happens to everybody who watches, as server-sent events; who reads too slowly is let go. */

import { z } from 'zod'
import type { JsonObject } from '../core/json.ts'
import { type AdminRoute, adminRoute, type AdminStream } from './route.ts'

export type LiveEventType = 'request' | 'alert' | 'health' | 'budget' | 'batch'

export interface LiveEvents {
  /** `data` is asked for only where somebody watches. */
  publish(type: LiveEventType, org: string, data: () => JsonObject): void
  /** `GET /events`. */
  readonly routes: readonly AdminRoute[]
  /** Ends every stream. */
  close(): void
}

/** What one slow reader may hold in memory. */
const maxPendingBytes = 256 * 1024
const heartbeatMs = 15_000
const maxSubscribers = 256

export function createLiveEvents(): LiveEvents {
  const byOrg = new Map<string, Set<AdminStream>>()
  let heartbeat: NodeJS.Timeout | undefined

  const each = (use: (stream: AdminStream) => void): void => {
    for (const streams of byOrg.values()) for (const stream of streams) use(stream)
  }

  const subscribe = (org: string, stream: AdminStream): void => {
    let streams = byOrg.get(org)
    if (!streams) byOrg.set(org, (streams = new Set()))
    if (streams.size >= maxSubscribers) return letGo(stream, 'too many watch already')
    streams.add(stream)
    heartbeat ??= setInterval(() => each((open) => open.write(': keepalive\n\n')), heartbeatMs).unref()
    stream.onClose(() => {
      streams.delete(stream)
      if (streams.size === 0) byOrg.delete(org)
      if (byOrg.size > 0) return
      clearInterval(heartbeat)
      heartbeat = undefined
    })
    stream.write(': watching\n\n')
  }

  return {
    publish(type, org, data) {
      const streams = byOrg.get(org)
      if (streams === undefined) return
      const text = `event: ${type}\ndata: ${JSON.stringify(data())}\n\n`
      for (const stream of streams) {
        if (stream.pendingBytes <= maxPendingBytes) stream.write(text)
        else {
          streams.delete(stream)
          letGo(stream, 'it was read too slowly')
        }
      }
    },
    routes: [
      adminRoute({
        method: 'GET',
        path: '/events',
        policy: 'traffic:read',
        summary:
          'What happens, as server-sent events: `request`, `alert`, `health`, `budget`, `batch`; `end` says why it ends.',
        response: z.string(),
        run: ({ org }) => ({
          stream: {
            contentType: 'text/event-stream; charset=utf-8',
            open: (stream) => subscribe(org, stream),
          },
        }),
      }),
    ],
    close() {
      each((stream) => letGo(stream, 'the gateway shuts down'))
      clearInterval(heartbeat)
    },
  }
}

function letGo(stream: AdminStream, reason: string): void {
  stream.write(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`)
  stream.end()
}
