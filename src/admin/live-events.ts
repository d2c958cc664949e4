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

/** What happens within this time goes out together: encoded once, and one write for each who watches. */
const frameMs = 250
/** Of requests in one frame; how many more there were is told. */
const maxRequests = 100

/** Those of an organisation who watch, and what they have not been told yet. */
interface Feed {
  readonly streams: Set<AdminStream>
  readonly waiting: { readonly type: LiveEventType; data(): JsonObject }[]
  requests: number
  timer: NodeJS.Timeout | undefined
}

export function createLiveEvents(): LiveEvents {
  const feeds = new Map<string, Feed>()
  let heartbeat: NodeJS.Timeout | undefined

  const each = (use: (stream: AdminStream) => void): void => {
    for (const { streams } of feeds.values()) for (const stream of streams) use(stream)
  }

  const subscribe = (org: string, stream: AdminStream): void => {
    let feed = feeds.get(org)
    if (!feed) feeds.set(org, (feed = { streams: new Set(), waiting: [], requests: 0, timer: undefined }))
    const { streams } = feed
    if (streams.size >= maxSubscribers) return letGo(stream, 'too many watch already')
    streams.add(stream)
    heartbeat ??= setInterval(() => each((open) => open.write(': keepalive\n\n')), heartbeatMs).unref()
    stream.onClose(() => {
      streams.delete(stream)
      if (streams.size > 0) return
      clearTimeout(feeds.get(org)?.timer)
      feeds.delete(org)
      if (feeds.size > 0) return
      clearInterval(heartbeat)
      heartbeat = undefined
    })
    stream.write(': watching\n\n')
  }

  return {
    publish(type, org, data) {
      const feed = feeds.get(org)
      if (feed === undefined) return
      if (type === 'request') feed.requests++
      if (type !== 'request' || feed.requests <= maxRequests) feed.waiting.push({ type, data })
      feed.timer ??= setTimeout(() => flush(feed), frameMs).unref()
    },
    routes: [
      adminRoute({
        method: 'GET',
        path: '/events',
        policy: 'traffic:read',
        summary:
          'What happens, as server-sent events: `request`, `alert`, `health`, `budget`, `batch`; `left` counts requests that were too many to tell; `end` says why it ends.',
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
      for (const feed of feeds.values()) if (feed.timer) flush(feed)
      each((stream) => letGo(stream, 'the gateway shuts down'))
      clearInterval(heartbeat)
    },
  }
}

function flush(feed: Feed): void {
  const { streams, waiting, requests } = feed
  clearTimeout(feed.timer)
  const events = waiting.map(({ type, data }) => eventText(type, data()))
  if (requests > maxRequests) events.push(eventText('left', { requests: requests - maxRequests }))
  waiting.length = 0
  feed.requests = 0
  feed.timer = undefined
  const text = events.join('')
  for (const stream of streams) {
    if (stream.pendingBytes <= maxPendingBytes) stream.write(text)
    else {
      streams.delete(stream)
      letGo(stream, 'it was read too slowly')
    }
  }
}

function eventText(type: string, data: JsonObject): string {
  return `event: ${type}\ndata: ${JSON.stringify(data)}\n\n`
}

function letGo(stream: AdminStream, reason: string): void {
  stream.write(`event: end\ndata: ${JSON.stringify({ reason })}\n\n`)
  stream.end()
}
