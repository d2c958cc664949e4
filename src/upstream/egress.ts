/** The guard of every outbound connection: what may be dialled, by which address, and what a failure is called. */

import { isIP, type LookupFunction } from 'node:net'
import { buildConnector } from 'undici'
import { systemClock } from '../core/clock.ts'
import { type ErrorCode, GatewayError } from '../core/error.ts'
import { classifyAddress } from './address.ts'
import { createResolver, type ResolvedAddress, type Resolver } from './resolve.ts'

export interface EgressPolicy {
  /**
   * Opens loopback, RFC 1918, shared (100.64/10) and unique local addresses. Link-local, multicast, reserved and
   * cloud metadata addresses stay closed: no provider lives there, and the machine's credentials do.
   */
  readonly allowPrivateNetwork: boolean
  /** Ports beside 80 and 443: those that the operator wrote. */
  readonly allowedPorts?: readonly number[]
}

export interface EgressOptions {
  readonly resolver?: Resolver
  /** For name resolution, TCP and TLS together. */
  readonly connectTimeoutMs: number
  readonly tls?: { readonly ca?: string }
}

/** For an address that the operator wrote: its own port is open beside the usual ones. */
export function policyFor(address: string, allowPrivateNetwork: boolean): EgressPolicy {
  const port = URL.parse(address)?.port ?? ''
  return { allowPrivateNetwork, allowedPorts: port === '' ? [] : [Number(port)] }
}

const closedPolicy: EgressPolicy = { allowPrivateNetwork: false }

/** True when the policy forbids to connect to the address; text that is no address is blocked. */
export function isBlockedAddress(address: string, policy: EgressPolicy = closedPolicy): boolean {
  const kind = classifyAddress(address)
  return kind === 'forbidden' || (kind === 'private' && !policy.allowPrivateNetwork)
}

/**
 * The parsed URL, if it may be dialled; throws `egress_blocked` on a scheme, userinfo, port, loopback name or
 * literal address that the policy forbids. Dial the result, not the text: one parser for check and use. What other
 * names resolve to is checked by the connector.
 */
export function checkEgressUrl(url: string, policy: EgressPolicy): URL {
  const parsed = URL.parse(url)
  if (parsed === null) throw blocked('The address of the target is not an absolute URL.')
  if (parsed.username !== '' || parsed.password !== '') {
    throw blocked('The address of the target holds a user name or password.')
  }
  const hostname = parsed.hostname.replace(/^\[(.*)\]$/, '$1')
  const fault = faultOf({ protocol: parsed.protocol, hostname, port: parsed.port }, policy)
  if (fault !== undefined) throw fault
  return parsed
}

/**
 * The `connect` function of an undici dispatcher. Resolves the name, refuses it if any of its addresses is
 * blocked, and connects to those very addresses, one after the other until one answers; server name and Host stay
 * the name's. A literal address, for which Node does no lookup, is checked first, and whatever was connected to is
 * checked again before a byte of HTTP goes out. Its errors are `GatewayError`s or fit for `toConnectError`.
 */
export function createGuardedConnector(
  policy: EgressPolicy,
  options: EgressOptions,
): buildConnector.connector {
  const { connectTimeoutMs } = options
  const resolver = options.resolver ?? createResolver(systemClock)
  const connect = buildConnector({
    timeout: connectTimeoutMs,
    lookup: createLookup(policy, resolver, connectTimeoutMs),
    autoSelectFamily: true,
    // Node ends one attempt before it begins the next: leave time for a distant first and for three more.
    autoSelectFamilyAttemptTimeout: Math.max(10, Math.floor(connectTimeoutMs / 4)),
    ...(options.tls?.ca === undefined ? {} : { ca: options.tls.ca }),
  } as buildConnector.BuildOptions) // its type asks for the host and port that undici fills in
  return (target, callback) => {
    const fault = faultOf(target, policy)
    if (fault !== undefined) {
      queueMicrotask(() => callback(fault, null))
      return
    }
    connect(target, (...[error, socket]) => {
      if (error !== null) return callback(error, null)
      const { remoteAddress } = socket
      if (remoteAddress !== undefined && !isBlockedAddress(remoteAddress, policy)) {
        return callback(null, socket)
      }
      socket.destroy()
      callback(remoteAddress === undefined ? closedAtOnce() : blockedAddress(remoteAddress), null)
    })
  }
}

/** What is wrong with a target before any name is resolved. `port` is empty for the scheme's own. */
function faultOf(
  target: { readonly protocol: string; readonly hostname: string; readonly port: string },
  policy: EgressPolicy,
): GatewayError | undefined {
  const { protocol, hostname, port } = target
  if (protocol !== 'http:' && protocol !== 'https:') return blocked('The target is not an http or https URL.')
  const number = port === '' ? 80 : Number(port)
  if (number !== 80 && number !== 443 && !(number > 0 && policy.allowedPorts?.includes(number))) {
    return blocked('The port of the target is not one that the configuration allows.')
  }
  if (isIP(hostname) !== 0) {
    return isBlockedAddress(hostname, policy) ? blockedAddress(hostname) : undefined
  }
  const isLoopbackName = /(^|\.)localhost\.?$/i.test(hostname) // RFC 6761, 6.3
  return isLoopbackName && !policy.allowPrivateNetwork ? blockedAddress(hostname) : undefined
}

/** A `lookup` for `net.connect` that gives only checked addresses. Node calls it for names, not for literals. */
function createLookup(policy: EgressPolicy, resolver: Resolver, timeoutMs: number): LookupFunction {
  return (hostname, options, callback) => {
    let isOver = false
    const settle = (outcome: GatewayError | readonly ResolvedAddress[]): void => {
      if (isOver) return
      isOver = true
      clearTimeout(timer)
      if (outcome instanceof GatewayError) callback(outcome, '')
      else if (options.all) callback(null, [...outcome])
      else callback(null, outcome[0]!.address, outcome[0]!.family)
    }
    // Begun before undici's own timer and therefore first: a silent name server is not a silent provider.
    const timer = setTimeout(() => settle(unresolved(`no answer within ${timeoutMs} ms`)), timeoutMs)
    resolver(hostname).then(
      (addresses) => settle(checkAddresses(hostname, addresses, policy)),
      (cause: unknown) => settle(unresolved(cause)),
    )
  }
}

function checkAddresses(
  hostname: string,
  addresses: readonly ResolvedAddress[],
  policy: EgressPolicy,
): GatewayError | readonly ResolvedAddress[] {
  // One bad address refuses the name: a set that mixes public and private ones is an attack or a mistake.
  const bad = addresses.find(({ address }) => isBlockedAddress(address, policy))
  if (bad !== undefined) return blockedAddress(`${hostname} (${bad.address})`)
  return addresses.length === 0 ? unresolved('no address') : addresses
}

function blocked(message: string, cause?: unknown): GatewayError {
  return new GatewayError('egress_blocked', message, { cause })
}

/** The address stands in the cause, for logs: told to callers, it would map the private network for them. */
function blockedAddress(address: string): GatewayError {
  return blocked(
    'The address of the target is private or reserved.',
    new Error(`blocked address: ${address}`),
  )
}

function unresolved(cause: unknown): GatewayError {
  return new GatewayError('upstream_dns', "The provider's name does not resolve.", { cause })
}

function closedAtOnce(): GatewayError {
  return new GatewayError('upstream_unreachable', 'The provider closed the connection at once.')
}

type Failure = readonly [code: ErrorCode, message: string]

const refused: Failure = ['upstream_unreachable', 'The provider refused the connection.']
const lost: Failure = ['upstream_unreachable', 'The connection to the provider was lost.']
const noPath: Failure = ['upstream_unreachable', 'There is no network path to the provider.']
const badTls: Failure = [
  'upstream_unreachable',
  'No TLS connection to the provider: its certificate or protocol failed.',
]
const late: Failure = ['upstream_timeout', 'The provider did not connect in time.']
const silent: Failure = ['upstream_timeout', 'The provider did not answer in time.']
const cut: Failure = ['upstream_truncated', "The provider's answer ended before its end."]
const notHttp: Failure = ['upstream_protocol', "The provider's answer is not valid HTTP."]
const closing: Failure = ['server_shutdown', 'The gateway is closing its connections.']

const failures: ReadonlyMap<string, Failure> = new Map([
  ['ECONNREFUSED', refused],
  ['ECONNRESET', lost],
  ['ECONNABORTED', lost],
  ['EPIPE', lost],
  ['UND_ERR_SOCKET', lost],
  ['EHOSTUNREACH', noPath],
  ['EHOSTDOWN', noPath],
  ['ENETUNREACH', noPath],
  ['ENETDOWN', noPath],
  ['EADDRNOTAVAIL', noPath],
  ['ETIMEDOUT', late],
  ['UND_ERR_CONNECT_TIMEOUT', late],
  ['UND_ERR_HEADERS_TIMEOUT', silent],
  ['UND_ERR_BODY_TIMEOUT', silent],
  ['HPE_INVALID_EOF_STATE', cut],
  ['UND_ERR_RES_CONTENT_LENGTH_MISMATCH', cut],
  ['UND_ERR_HEADERS_OVERFLOW', notHttp],
  ['UND_ERR_CLOSED', closing],
  ['UND_ERR_DESTROYED', closing],
])

/** OpenSSL's and Node's names for a handshake or certificate that failed (`tls` in Node's documentation). */
const tlsCodes =
  /^(ERR_TLS_|ERR_SSL_|EPROTO$|CERT_|CRL_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA$|HOSTNAME_MISMATCH$)/

/**
 * The gateway's error for a failed connection or exchange: looks through wrappers (`fetch failed`, an
 * `AggregateError` of all addresses) for the first cause that has a name. What has none is a fault of our own.
 */
export function toConnectError(cause: unknown): GatewayError {
  for (const each of causesOf(cause, 0)) {
    if (each instanceof GatewayError) return each
    const failure = failureOf(each)
    if (failure !== undefined) return new GatewayError(failure[0], failure[1], { cause })
  }
  return new GatewayError('internal', 'The call to the provider failed inside the gateway.', { cause })
}

/** Did the handshake or the certificate fail? The same target would fail again. */
export function isTlsFault(cause: unknown): boolean {
  for (const each of causesOf(cause, 0)) if (failureOf(each) === badTls) return true
  return false
}

function failureOf(error: Error): Failure | undefined {
  const { code, syscall } = error as NodeJS.ErrnoException
  // undici has lost the codes of its own parser: `constants.ERROR` is read the wrong way round (7.30).
  if (code === undefined) return error.name === 'HTTPParserError' ? notHttp : undefined
  if (syscall === 'getaddrinfo' || syscall?.startsWith('query')) {
    return ['upstream_dns', "The provider's name does not resolve."]
  }
  if (tlsCodes.test(code) || /before secure TLS connection/.test(error.message)) return badTls
  return failures.get(code) ?? (code.startsWith('HPE_') ? notHttp : undefined)
}

const maxCauseDepth = 8

function* causesOf(cause: unknown, depth: number): Generator<Error> {
  if (!(cause instanceof Error) || depth > maxCauseDepth) return
  if (cause instanceof AggregateError) for (const each of cause.errors) yield* causesOf(each, depth + 1)
  yield cause
  yield* causesOf(cause.cause, depth + 1)
}
