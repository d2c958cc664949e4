/** Hands what happens to everybody who watches, as server-sent events; who reads too slowly is let go. */

import { z } from 'zod'
import type { JsonObject } from '../core/json.ts'
import { type Concern, seesConcern, type TeamOf } from './concern.ts'
import { type AdminCall, type AdminRoute, adminRoute, type AdminStream } from './route.ts'

export type LiveEventType = 'request' | 'alert' | 'health' | 'budget' | 'batch'

export interface LiveEvents {
  /** `data` is asked for only where somebody watches. Without a concern it is for those who see the whole organisation. */
  publish(type: LiveEventType, org: string, data: () => JsonObject, concern?: Concern): void
  /** `GET /events`. */
  readonly routes: readonly AdminRoute[]
  /** Ends every stream. */
  close(): void
}

/** What one slow reader may hold in memory. */
const maxPendingBytes = 256 * 1024
const heartbeatMs = 15_000
/** Of one organisation, all its teams together. */
const maxSubscribers = 256

/** What happens within this time goes out together: encoded once, and one write for each who watches. */
const frameMs = 250
/** Of requests in one frame; how many more there were is told. */
const maxRequests = 100

/** Those who watch and see the same: what they have not been told yet. */
interface Feed {
  readonly org: string
  /** Absent: the whole organisation. */
  readonly teams?: ReadonlySet<string>
  readonly streams: Set<AdminStream>
  readonly waiting: { readonly type: LiveEventType; data(): JsonObject }[]
  requests: number
  timer: NodeJS.Timeout | undefined
}

/** `settle` stores what has happened so far: whoever begins to watch, and reads then, has missed nothing. */
export function createLiveEvents(teamOf: TeamOf, settle: () => Promise<void>): LiveEvents {
  /** By organisation; few see different things at once. */
  const feeds = new Map<string, Feed[]>()
  let heartbeat: NodeJS.Timeout | undefined

  const each = (use: (stream: AdminStream) => void): void => {
    for (const feed of [...feeds.values()].flat()) for (const stream of feed.streams) use(stream)
  }

  const feedOf = ({ org, teams }: Scope): Feed => {
    const own = feeds.get(org) ?? []
    feeds.set(org, own)
    const known = own.find((feed) => isSameScope(feed.teams, teams))
    if (known) return known
    const feed = { org, ...(teams && { teams }), streams: new Set<AdminStream>(), waiting: [] }
    own.push({ ...feed, requests: 0, timer: undefined })
    return own.at(-1)!
  }

  const leave = (feed: Feed): void => {
    clearTimeout(feed.timer)
    const rest = (feeds.get(feed.org) ?? []).filter((other) => other !== feed)
    if (rest.length > 0) feeds.set(feed.org, rest)
    else feeds.delete(feed.org)
    if (feeds.size > 0) return
    clearInterval(heartbeat)
    heartbeat = undefined
  }

  const subscribe = (call: Scope, stream: AdminStream): void => {
    const watching = (feeds.get(call.org) ?? []).reduce((sum, { streams }) => sum + streams.size, 0)
    if (watching >= maxSubscribers) return letGo(stream, 'too many watch already')
    const feed = feedOf(call)
    feed.streams.add(stream)
    heartbeat ??= setInterval(() => each((open) => open.write(': keepalive\n\n')), heartbeatMs).unref()
    stream.onClose(() => {
      feed.streams.delete(stream)
      if (feed.streams.size === 0) leave(feed)
    })
    stream.write(': watching\n\n')
  }

  return {
    publish(type, org, data, concern) {
      const own = feeds.get(org)
      if (own === undefined) return
      for (const feed of own) if (seesConcern(feed, concern, teamOf)) add(feed, type, data)
    },
    routes: [eventsRoute(settle, subscribe)],
    close() {
      for (const feed of [...feeds.values()].flat()) if (feed.timer) flush(feed)
      each((stream) => letGo(stream, 'the gateway shuts down'))
      clearInterval(heartbeat)
    },
  }
}

type Scope = Pick<AdminCall, 'org' | 'teams'>

function eventsRoute(
  settle: () => Promise<void>,
  subscribe: (scope: Scope, stream: AdminStream) => void,
): AdminRoute {
  return adminRoute({
    method: 'GET',
    path: '/events',
    policy: 'requests:read',
    summary:
      'What happens, as server-sent events: `request`, `alert`, `health`, `budget`, `batch`; `left` counts requests that were too many to tell; `end` says why it ends.',
    response: z.string(),
    async run({ org, teams }) {
      await settle()
      return {
        stream: {
          contentType: 'text/event-stream; charset=utf-8',
          open: (stream) => subscribe({ org, ...(teams && { teams }) }, stream),
        },
      }
    },
  })
}

function isSameScope(a: ReadonlySet<string> | undefined, b: ReadonlySet<string> | undefined): boolean {
  if (a === undefined || b === undefined) return a === b
  return a.symmetricDifference(b).size === 0
}

function add(feed: Feed, type: LiveEventType, data: () => JsonObject): void {
  if (type === 'request') feed.requests++
  if (type !== 'request' || feed.requests <= maxRequests) feed.waiting.push({ type, data })
  feed.timer ??= setTimeout(() => flush(feed), frameMs).unref()
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
