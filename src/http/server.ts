/** The HTTP server: turns requests into calls of the gateway and the admin API, and drains on shutdown. */

import {
  createServer as createPlainServer,
  type IncomingMessage,
  type Server,
  type ServerResponse,
} from 'node:http'
import { createServer as createTlsServer, Server as TlsServer } from 'node:https'
import type { AddressInfo, Socket } from 'node:net'
import { getHeapStatistics } from 'node:v8'
import { GatewayError } from '../core/error.ts'
import { Interrupt } from '../core/interrupt.ts'
import { Roster } from '../core/roster.ts'
import type { Gateway, Inbound } from '../gateway/parts.ts'
import { type BodyLimits, createBodyLimits, readJson, readRaw, readStream, withBounds } from './body.ts'
import type { ClientAddressOf } from './client-address.ts'
import { ClientOutlet } from './client-outlet.ts'
import { answerCors } from './cors.ts'
import { withFingerprint } from './fingerprint.ts'
import { readForm } from './form.ts'
import { type Head, readHead, twoKeys } from './head.ts'
import { PaddedOutlet, StreamPadding } from './padded-outlet.ts'
import { type DataRoute, errorEncoderFor, findDataRoute, type RequestSource } from './routes.ts'
import { checkMethod, type SideRoute } from './side-routes.ts'
import { Strangers, type StrangersOptions } from './strangers.ts'

export interface ServerLimits {
  readonly maxBodyBytes: number
  readonly maxLargeBodyBytes: number
  readonly maxJsonDepth: number
  readonly maxHeaderBytes: number
  readonly headersTimeoutMs: number
  readonly bodyTimeoutMs: number
  readonly stalledReaderMs: number
  readonly keepAliveMs: number
}

export interface HttpServerOptions {
  /** Absent: this listener serves no data routes. */
  readonly gateway?: Gateway
  readonly sideRoutes: readonly SideRoute[]
  /** Answers browsers that go to a path that is none. Absent: they are told as everybody is. */
  readonly stray?: SideRoute
  /** Takes the requests of the data path that ask to be answered later (`x-weir-deferred: 1`). */
  readonly deferral?: SideRoute
  readonly newRequestId: () => string
  readonly clientAddressOf: ClientAddressOf
  /** Absent: so many as come. */
  readonly strangers?: StrangersOptions
  /** The origins whose pages may call, by the configuration in force. */
  readonly corsOrigins: () => readonly string[] | undefined
  readonly limits: ServerLimits
  /** Absent: streams are sent as they are. */
  readonly padStreamsToBytes?: number | undefined
  readonly tls: { readonly cert: string; readonly key: string } | undefined
  readonly onError: (error: GatewayError, requestId: string) => void
}

/** An address of the network, or a socket in the file system. */
export type ListenAt = { readonly host: string; readonly port: number } | { readonly path: string }

export interface HttpServer {
  /** Where it listens; of a socket in the file system, nothing worth reading. */
  listen(at: ListenAt): Promise<AddressInfo>
  /** New certificates, without closing a connection. */
  setTls(tls: { readonly cert: string; readonly key: string }): void
  /** Number of requests that have not ended. */
  readonly openRequests: number
  /** Ends every open request with this reason; streams are told in band. Soon after, connections are cut. */
  interruptAll(reason: GatewayError): void
  /** Stops accepting; resolves when all connections are closed. */
  close(): Promise<void>
}

/** Of the heap, for bodies: what is parsed of them and sent on takes its part too. */
const bodyShareOfHeap = 0.25

/** Between telling open requests to end and cutting their connections. */
const lastWordsMs = 1000

export function createHttpServer(options: HttpServerOptions): HttpServer {
  const open = new Roster<Interrupt>()
  const bodies = bodyLimitsOf(options.limits)
  const { padStreamsToBytes } = options
  const padding = padStreamsToBytes === undefined ? undefined : new StreamPadding(padStreamsToBytes)
  let isClosing = false
  /** Connections of which nobody can say where the next request begins: what comes on them is not looked at. */
  let doubtful: WeakSet<Socket> | undefined
  const onDoubt = (request: IncomingMessage, response: ServerResponse) => {
    response.setHeader('connection', 'close')
    doubtful ??= new WeakSet()
    doubtful.add(request.socket)
  }
  const strangers = options.strangers && new Strangers(options.strangers)
  const answering: Answering = { options, bodies, padding, strangers, onDoubt }
  const listener = (request: IncomingMessage, response: ServerResponse) => {
    if (doubtful?.has(request.socket)) return
    const interrupt = new Interrupt()
    const place = open.add(interrupt)
    response.on('close', () => {
      open.remove(place)
      strangers?.served(request.socket, response.statusCode)
      if (isClosing) setImmediate(closeConnections)
    })
    if (isClosing) response.setHeader('connection', 'close')
    answer(answering, interrupt, request, response)
  }
  /** Node counts a connection that has sent nothing, or half of a head, as busy: it would hold the end up. */
  const closeConnections = () => {
    if (open.size === 0) cutAll()
    else server.closeIdleConnections()
  }
  const server = createNodeServer(options, listener)
  const cutAll = options.tls ? cutterOf(server) : () => server.closeAllConnections()
  if (strangers) {
    server.on(options.tls ? 'secureConnection' : 'connection', (socket: Socket) => strangers.open(socket))
  }
  return {
    async listen(at) {
      await listening(server, at)
      return server.address() as AddressInfo
    },
    setTls(tls) {
      if (server instanceof TlsServer) server.setSecureContext(tls)
    },
    get openRequests() {
      return open.size
    },
    interruptAll(reason) {
      for (const interrupt of open) interrupt.raise(reason)
      // A client that does not read cannot be told either.
      setTimeout(cutAll, lastWordsMs).unref()
    },
    async close() {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      isClosing = true
      closeConnections()
      await closed
    },
  }
}

function listening(server: Server, at: ListenAt): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject)
    server.listen({ ...at }, () => {
      server.off('error', reject)
      resolve()
    })
  })
}

/** Below TLS: of connections whose handshake is not over, Node's HTTP server knows nothing, and its end would wait for each. */
function cutterOf(server: Server): () => void {
  const connections = new Set<Socket>()
  server.on('connection', (socket: Socket) => {
    connections.add(socket)
    socket.once('close', () => connections.delete(socket))
  })
  return () => connections.forEach((socket) => socket.destroy())
}

function createNodeServer(
  { limits, tls }: HttpServerOptions,
  listener: (request: IncomingMessage, response: ServerResponse) => void,
): Server {
  const settings = {
    maxHeaderSize: limits.maxHeaderBytes,
    headersTimeout: limits.headersTimeoutMs,
    requestTimeout: limits.bodyTimeoutMs + Math.ceil(limits.maxBodyBytes / 100),
    keepAliveTimeout: limits.keepAliveMs,
    connectionsCheckingInterval: Math.min(5_000, limits.headersTimeoutMs, limits.bodyTimeoutMs),
    noDelay: true,
  }
  const server = tls
    ? createTlsServer({ ...settings, ...tls, handshakeTimeout: limits.headersTimeoutMs }, listener)
    : createPlainServer(settings, listener)
  server.maxHeadersCount = 100
  server.maxRequestsPerSocket = 10_000
  return server
}

function bodyLimitsOf({ maxBodyBytes, maxLargeBodyBytes, maxJsonDepth }: ServerLimits): BodyLimits {
  const heapBytes = getHeapStatistics().heap_size_limit
  return createBodyLimits({
    maxBytes: maxBodyBytes,
    maxDepth: maxJsonDepth,
    maxBytesTogether: Math.min(maxLargeBodyBytes, Math.floor(heapBytes * bodyShareOfHeap)),
  })
}

interface Answering {
  readonly options: HttpServerOptions
  readonly bodies: BodyLimits
  readonly padding: StreamPadding | undefined
  readonly strangers: Strangers | undefined
  /** Ends the connection behind the answer, and all that was sent on it already. */
  readonly onDoubt: (request: IncomingMessage, response: ServerResponse) => void
}

function answer(
  { options, bodies, padding, strangers, onDoubt }: Answering,
  interrupt: Interrupt,
  request: IncomingMessage,
  response: ServerResponse,
): void {
  const { stalledReaderMs } = options.limits
  const outlet =
    padding === undefined
      ? new ClientOutlet(response, interrupt, stalledReaderMs)
      : new PaddedOutlet(response, interrupt, { stalledReaderMs, padding })
  const id = options.newRequestId()
  let head: Head | undefined
  let allow: readonly string[] = ['POST']
  try {
    const { path } = (head = readHead(request))
    const origins = request.headers.origin === undefined ? undefined : options.corsOrigins()
    if (origins && options.gateway && answerCors(origins, request, response)) return
    const side = options.sideRoutes.find((route) => route.matches(path))
    if (side) void answerSide({ options, bodies, strangers, route: side }, { head, request, outlet, id })
    else {
      const found = findRoute(options, head)
      if (!found) {
        const route = strayRoute(options, head, request)
        return void answerSide({ options, bodies, strangers, route }, { head, request, outlet, id })
      }
      const { gateway, route } = found
      allow = route.methods
      if (!allow.includes(request.method ?? '')) {
        throw new GatewayError('method_not_allowed', `This path accepts ${allow.join(', ')} only.`)
      }
      if (options.deferral && request.headers['x-weir-deferred'] === '1') {
        const { deferral: route } = options
        return void answerSide({ options, bodies, strangers, route }, { head, request, outlet, id })
      }
      strangers?.serve(request.socket)
      const arrival = toArrival(bodies, head, request, outlet)
      void gateway.serve(toInbound(options, route, arrival, id))
    }
  } catch (error) {
    // Others may have read another request in it.
    if (!head) onDoubt(request, response)
    sendError(options, { path: request.url ?? '/', outlet, id, allow }, error)
  }
}

function findRoute(
  { gateway }: HttpServerOptions,
  head: Head,
): { gateway: Gateway; route: DataRoute } | undefined {
  const route = gateway && findDataRoute(head.path, head.query)
  return route && { gateway, route }
}

/** What tells a person that there is no such path. Throws `not_found` for all others. */
function strayRoute({ stray }: HttpServerOptions, { path }: Head, request: IncomingMessage): SideRoute {
  const isOfBrowser = request.headers.accept?.includes('text/html') === true
  if (stray && isOfBrowser && stray.methods.includes(request.method ?? '') && stray.matches(path))
    return stray
  throw new GatewayError('not_found', 'There is no such path.')
}

/** What a route reads of a request, and where that came from: one object of the two, since each request makes it. */
interface Arrival extends RequestSource {
  readonly head: Head
  readonly request: IncomingMessage
  readonly outlet: ClientOutlet
}

function toArrival(bodies: BodyLimits, head: Head, request: IncomingMessage, outlet: ClientOutlet): Arrival {
  return {
    head,
    request,
    outlet,
    method: request.method ?? '',
    query: head.search,
    header: (name) => headerOf(request, name),
    json: () => readJson(request, bodies, outlet),
    // Held in memory, so that another target can be tried.
    raw: () => readRaw(request, bodies, outlet),
  }
}

function toInbound(options: HttpServerOptions, route: DataRoute, arrival: Arrival, id: string): Inbound {
  const { head, outlet } = arrival
  // Google's SDKs may carry the key in the query; everywhere else it would only leak into logs.
  const fromQuery =
    route.encodeError === errorEncoderFor('/v1beta/') ? (head.query?.get('key') ?? undefined) : undefined
  if (fromQuery !== undefined && (head.credential ?? fromQuery) !== fromQuery) throw twoKeys()
  const isKeyed = arrival.method === 'POST' && arrival.header('idempotency-key') !== undefined
  const keyed = isKeyed ? withFingerprint(arrival, head.path) : undefined
  return {
    id,
    dialect: route.dialect,
    operation: route.operation,
    clientAddress: options.clientAddressOf(arrival.request),
    credential: head.credential ?? fromQuery,
    header: arrival.header,
    open: () => route.open(keyed?.source ?? arrival),
    ...(keyed && { fingerprint: keyed.fingerprint }),
    encodeError: route.encodeError,
    outlet,
    interrupt: outlet.interrupt,
  }
}

function headerOf(request: IncomingMessage, name: string): string | undefined {
  const value = request.headers[name]
  return Array.isArray(value) ? value[0] : value
}

interface SideParts {
  readonly options: HttpServerOptions
  readonly bodies: BodyLimits
  readonly strangers: Strangers | undefined
  readonly route: SideRoute
}

interface SideCall {
  readonly head: Head
  readonly request: IncomingMessage
  readonly outlet: ClientOutlet
  readonly id: string
}

async function answerSide(
  { options, bodies, strangers, route }: SideParts,
  { head, request, outlet, id }: SideCall,
): Promise<void> {
  try {
    checkMethod(route, request.method ?? '')
    // Those of callers want a key; of the others, only a stream that has begun tells that somebody was let in.
    if (head.path.startsWith('/v1/')) strangers?.serve(request.socket)
    const reply = await route.answer({
      id,
      method: request.method ?? 'GET',
      path: head.path,
      query: head.query ?? new URLSearchParams(),
      credential: head.credential,
      clientAddress: options.clientAddressOf(request),
      header: (name) => headerOf(request, name),
      json: (bounds) => readJson(request, bounds ? withBounds(bodies, bounds) : bodies, outlet),
      form: () => readForm(request.headers['content-type'], readStream(request)),
    })
    const headers = { 'x-weir-request-id': id, ...reply.headers }
    if (reply.stream === undefined) return outlet.send(reply.status, headers, reply.body)
    strangers?.serve(request.socket)
    outlet.begin(reply.status, headers)
    reply.stream(outlet)
  } catch (error) {
    sendError(options, { path: head.path, outlet, id, allow: route.methods }, error)
  }
}

interface ErrorReply {
  readonly path: string
  readonly outlet: ClientOutlet
  readonly id: string
  /** The methods that the path answers. */
  readonly allow: readonly string[]
}

/** The one place where an error outside of the request path becomes an answer. */
function sendError(
  options: HttpServerOptions,
  { path, outlet, id, allow }: ErrorReply,
  cause: unknown,
): void {
  const error =
    cause instanceof GatewayError
      ? cause
      : new GatewayError('internal', 'The gateway failed to answer.', { cause })
  options.onError(error, id)
  if (outlet.isGone) return
  const headers: Record<string, string> = {
    'content-type': 'application/json; charset=utf-8',
    'x-weir-request-id': id,
    'x-should-retry': 'false',
  }
  if (error.code === 'method_not_allowed') headers['allow'] = allow.join(', ')
  if (error.retryAfterMs !== undefined) headers['retry-after'] = String(Math.ceil(error.retryAfterMs / 1000))
  outlet.send(error.status, headers, JSON.stringify(errorEncoderFor(path)(error)))
}
