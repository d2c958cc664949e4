/** Nothing reaches a blocked address, whatever its spelling; what is allowed connects, and failures have names. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { createServer as createHttpServer, type Server as HttpServer } from 'node:http'
import { createServer, type AddressInfo, type Server } from 'node:net'
import { createServer as createTlsServer } from 'node:https'
import { after, before, test } from 'node:test'
import fc from 'fast-check'
import { Agent, request } from 'undici'
import { createCertificate } from '../../test/support/certificate.ts'
import {
  otherSchemes,
  refusedByAddress,
  refusedByText,
  tricks,
  unparsable,
  userinfo,
  words,
  zone,
} from '../../test/support/egress-vectors.ts'
import { GatewayError } from '../core/error.ts'
import { classifyAddress } from './address.ts'
import {
  checkEgressUrl,
  createGuardedConnector,
  type EgressPolicy,
  isBlockedAddress,
  toConnectError,
} from './egress.ts'
import type { Resolver } from './resolve.ts'

const stubResolver: Resolver = (hostname) =>
  Promise.resolve((zone[hostname] ?? ['93.184.216.34']).map(toAnswer))

function toAnswer(address: string): { address: string; family: 4 | 6 } {
  return { address, family: address.includes(':') ? 6 : 4 }
}

interface Canary {
  readonly port: number
  connects: number
  readonly servers: readonly Server[]
}

/** Listens on one port of every loopback address there is and counts who comes. */
async function createCanary(): Promise<Canary> {
  const servers: Server[] = []
  const canary: Canary = { port: 0, connects: 0, servers }
  const listen = async (host: string, port: number): Promise<number | undefined> => {
    const server = createServer((socket) => {
      canary.connects++
      socket.end('HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n')
    })
    server.listen(port, host)
    try {
      await once(server, 'listening')
    } catch {
      return undefined // no IPv6 here, or 0.0.0.0 already holds the port
    }
    servers.push(server)
    return (server.address() as AddressInfo).port
  }
  const port = (await listen('127.0.0.1', 0)) ?? 0
  await listen('::1', port)
  return Object.assign(canary, { port })
}

let canary: Canary
before(async () => {
  canary = await createCanary()
})
after(() => {
  for (const server of canary.servers) server.close()
})

function agentFor(policy: EgressPolicy, resolver: Resolver = stubResolver, ca?: string): Agent {
  const tls = ca === undefined ? {} : { tls: { ca } }
  return new Agent({ connect: createGuardedConnector(policy, { resolver, connectTimeoutMs: 500, ...tls }) })
}

/** What a request failed with; an answer fails the test. */
async function failureOf(url: string, agent: Agent): Promise<unknown> {
  let status: number
  try {
    status = (await request(url, { dispatcher: agent })).statusCode
  } catch (cause) {
    return cause
  }
  return assert.fail(`${url} was answered with ${status}`)
}

const isBlockedError = (error: unknown): boolean =>
  error instanceof GatewayError && error.code === 'egress_blocked'

test('at least 200 vectors, most of them distinct hosts', () => {
  assert.ok(refusedByText.length + refusedByAddress.length >= 200)
  assert.ok(new Set([...refusedByText, ...refusedByAddress]).size >= 200)
})

test('the text of every blocked address, scheme, port and userinfo is refused', () => {
  const policy = { allowPrivateNetwork: false, allowedPorts: [canary.port] }
  for (const vector of refusedByText) {
    const url = vector.replaceAll(':P', `:${canary.port}`)
    assert.throws(() => checkEgressUrl(url, policy), isBlockedError, url)
  }
})

test('no vector reaches a listener through undici, and the guard is what stops it', async () => {
  const agent = agentFor({ allowPrivateNetwork: false, allowedPorts: [canary.port] })
  canary.connects = 0
  let byGuard = 0
  for (const vector of [...refusedByText, ...refusedByAddress]) {
    const url = vector.replaceAll(':P', `:${canary.port}`)
    if (userinfo.includes(vector)) continue // undici takes no userinfo into its origin: checkEgressUrl refuses it
    const error = await failureOf(url, agent)
    if (isBlockedError(error)) byGuard++
    else assert.ok([...otherSchemes, ...unparsable, ...tricks].includes(vector), `${url}: ${String(error)}`)
  }
  assert.equal(canary.connects, 0)
  assert.ok(byGuard >= 200, `${byGuard} refused by the connector`)
  await agent.close()
})

test('the same canary is reached when the operator opens private networks', async () => {
  const agent = agentFor({ allowPrivateNetwork: true, allowedPorts: [canary.port] })
  canary.connects = 0
  const hosts = ['127.0.0.1', '127.1', 'localhost', 'lvh.me', '[::ffff:127.0.0.1]']
  if (canary.servers.length > 1) hosts.push('[::1]')
  const open: Resolver = (hostname) => stubResolver(hostname === 'localhost' ? 'lvh.me' : hostname)
  const named = agentFor({ allowPrivateNetwork: true, allowedPorts: [canary.port] }, open)
  for (const host of hosts) {
    const { statusCode } = await request(`http://${host}:${canary.port}/`, { dispatcher: named })
    assert.equal(statusCode, 200, host)
  }
  assert.equal(canary.connects, hosts.length)
  await Promise.all([agent.close(), named.close()])
})

test('private networks opened, link-local, metadata, multicast and reserved addresses stay closed', () => {
  const policy = { allowPrivateNetwork: true }
  const open = [
    '127.0.0.1',
    '10.1.2.3',
    '172.16.0.1',
    '192.168.1.1',
    '100.64.0.1',
    '::1',
    'fd12::1',
    '::ffff:10.0.0.1',
  ]
  for (const address of open) {
    assert.equal(isBlockedAddress(address, policy), false, address)
    assert.equal(isBlockedAddress(address), true, address)
  }
  const closed = [
    ...words(`
  169.254.169.254 168.63.129.16 100.100.100.200 192.0.0.192 fd00:ec2::254 fd20:ce::254 0.0.0.0 ::
  224.0.0.1 255.255.255.255 fe80::1 fec0::1 ff02::1 ::127.0.0.1 64:ff9b::127.0.0.1 64:ff9b::10.0.0.1
  2002:7f00:1:: ::ffff:169.254.169.254 2001::1 x
`),
    '',
  ]
  for (const address of closed) assert.equal(isBlockedAddress(address, policy), true, address)
})

test('public addresses pass, also through NAT64 and 6to4', () => {
  const addresses = words(`
  1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.0
  172.15.255.255 172.32.0.0 169.253.255.255 169.255.0.0 192.0.1.0 192.167.255.255 192.169.0.0
  198.17.255.255 198.20.0.0 223.255.255.255 168.63.129.15 168.63.129.17 2606:4700::1111
  2a00:1450:4001::1 2001:200::1 2001:4860:4860::8888 64:ff9b::8.8.8.8 64:ff9b:1:808:8:800:808:808
  2002:808:808::1 ::ffff:8.8.8.8 2003::1 3ffe::1
`)
  for (const address of addresses) assert.equal(classifyAddress(address), 'public', address)
})

test('a mapped address is of the class of its IPv4 address, however it is written', () => {
  const octet = fc.integer({ min: 0, max: 255 })
  fc.assert(
    fc.property(octet, octet, octet, octet, (a, b, c, d) => {
      const plain = `${a}.${b}.${c}.${d}`
      const hex = `${((a << 8) | b).toString(16)}:${((c << 8) | d).toString(16)}`
      const kind = classifyAddress(plain)
      assert.equal(classifyAddress(`::ffff:${plain}`), kind)
      assert.equal(classifyAddress(`0:0:0:0:0:ffff:${hex}`), kind)
      const carried = kind === 'public' ? 'public' : 'forbidden'
      assert.equal(classifyAddress(`64:ff9b::${plain}`), carried)
      assert.equal(classifyAddress(`2002:${hex}::1`), carried)
      assert.equal(classifyAddress(`::${plain}`) === 'public', false)
    }),
  )
})

test('what may be dialled passes the check as its one parser reads it', () => {
  const policy = { allowPrivateNetwork: false, allowedPorts: [8443] }
  const allowed = [
    'https://api.example/v1',
    'http://api.example:443/',
    'https://api.example:8443',
    'https://8.8.8.8/',
  ]
  for (const url of allowed) assert.equal(checkEgressUrl(url, policy).href, new URL(url).href)
  assert.throws(() => checkEgressUrl('https://api.example:8444/', policy), isBlockedError)
  assert.throws(
    () => checkEgressUrl('https://api.example:0/', { ...policy, allowedPorts: [0] }),
    isBlockedError,
  )
  assert.equal(checkEgressUrl('http://notlocalhost/', policy).hostname, 'notlocalhost')
})

test('a name that turns private between two connections is refused at the second', async () => {
  const answers = [['127.0.0.1'], ['169.254.169.254'], ['127.0.0.1', '10.0.0.1', 'fe80::1']]
  const rebinding: Resolver = () => Promise.resolve((answers.shift() ?? ['0.0.0.0']).map(toAnswer))
  const agent = agentFor({ allowPrivateNetwork: true, allowedPorts: [canary.port] }, rebinding)
  const url = `http://rebind.example:${canary.port}/`
  canary.connects = 0
  assert.equal((await request(url, { dispatcher: agent })).statusCode, 200) // the canary closes each connection
  for (let turn = 0; turn < 3; turn++) {
    await assert.rejects(request(url, { dispatcher: agent }), isBlockedError)
  }
  assert.equal(canary.connects, 1)
  await agent.close()
})

test('the resolver is asked once per connection: what was checked is what is dialled', async () => {
  let questions = 0
  const counting: Resolver = (hostname) => {
    questions++
    return stubResolver(questions === 1 ? 'lvh.me' : hostname)
  }
  const agent = agentFor({ allowPrivateNetwork: true, allowedPorts: [canary.port] }, counting)
  await request(`http://once.example:${canary.port}/`, { dispatcher: agent })
  assert.equal(questions, 1)
  await agent.close()
})

test('the next address is tried when the first refuses', async () => {
  const twoAddresses: Resolver = () => Promise.resolve(['127.0.0.2', '127.0.0.1'].map(toAnswer))
  const agent = agentFor({ allowPrivateNetwork: true, allowedPorts: [canary.port] }, twoAddresses)
  const { statusCode } = await request(`http://two.example:${canary.port}/`, { dispatcher: agent })
  assert.equal(statusCode, 200)
  await agent.close()
})

async function serve(server: HttpServer): Promise<number> {
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  return (server.address() as AddressInfo).port
}

test('Host is the name, and a redirect is an answer, not a step', async () => {
  let host: string | undefined
  let requests = 0
  const server = createHttpServer((incoming, answer) => {
    requests++
    host = incoming.headers.host
    answer.writeHead(307, { location: 'http://169.254.169.254/' }).end()
  })
  const port = await serve(server)
  const agent = agentFor({ allowPrivateNetwork: true, allowedPorts: [port] })
  const { statusCode, body } = await request(`http://lvh.me:${port}/`, { dispatcher: agent })
  await body.dump()
  assert.deepEqual([statusCode, host, requests], [307, `lvh.me:${port}`, 1])
  await agent.close()
  server.close()
})

test('TLS keeps the server name, trusts the configured authority, and names its failures', async () => {
  const certificate = createCertificate('lvh.me')
  const servernames: unknown[] = []
  const server = createTlsServer(certificate, (incoming, answer) => {
    servernames.push((incoming.socket as { servername?: unknown }).servername)
    answer.end('ok')
  })
  const port = await serve(server)
  const policy = { allowPrivateNetwork: true, allowedPorts: [port] }
  const trusting = agentFor(policy, stubResolver, certificate.cert)
  const { body } = await request(`https://lvh.me:${port}/`, { dispatcher: trusting })
  assert.equal(await body.text(), 'ok')
  assert.deepEqual(servernames, ['lvh.me'])

  const strict = agentFor(policy)
  const failures = [
    request(`https://lvh.me:${port}/`, { dispatcher: strict }), // unknown authority
    request(`https://127.0.0.1.nip.io:${port}/`, { dispatcher: trusting }), // another name
    request(`https://lvh.me:${canary.port}/`, {
      dispatcher: agentFor({ ...policy, allowedPorts: [canary.port] }), // not TLS at all
    }),
  ]
  for (const outcome of await Promise.allSettled(failures)) {
    assert.equal(outcome.status, 'rejected')
    const error = toConnectError(outcome.reason)
    assert.equal(error.code, 'upstream_unreachable')
    assert.match(error.message, /TLS/)
  }
  await Promise.all([trusting.destroy(), strict.destroy()])
  server.close()
})

test('connections that fail are told by what failed', async () => {
  const closedServer = createServer()
  closedServer.listen(0, '127.0.0.1')
  await once(closedServer, 'listening')
  const { port } = closedServer.address() as AddressInfo
  closedServer.close()
  await once(closedServer, 'close')
  const policy = { allowPrivateNetwork: true, allowedPorts: [port] }
  const failing =
    (code: string): Resolver =>
    () =>
      Promise.reject(Object.assign(new Error(code), { code, syscall: 'queryA' }))
  const codeOf = async (resolver: Resolver): Promise<string> => {
    const agent = agentFor(policy, resolver)
    const url = `http://api.example:${port}/`
    const cause = await failureOf(url, agent)
    await agent.destroy()
    return toConnectError(cause).code
  }
  const answering =
    (...addresses: string[]): Resolver =>
    () =>
      Promise.resolve(addresses.map(toAnswer))
  assert.equal(await codeOf(answering('127.0.0.1')), 'upstream_unreachable')
  assert.equal(await codeOf(answering('127.0.0.1', '127.0.0.2')), 'upstream_unreachable') // AggregateError
  assert.equal(await codeOf(failing('ENOTFOUND')), 'upstream_dns')
  assert.equal(await codeOf(failing('ESERVFAIL')), 'upstream_dns')
  assert.equal(await codeOf(answering()), 'upstream_dns')
  assert.equal(await codeOf(() => new Promise(() => {})), 'upstream_dns')
})

test('a server that accepts and is silent through the handshake is a timeout', async () => {
  const silent = createServer()
  silent.listen(0, '127.0.0.1')
  await once(silent, 'listening')
  const { port } = silent.address() as AddressInfo
  const agent = agentFor({ allowPrivateNetwork: true, allowedPorts: [port] })
  assert.equal(toConnectError(await failureOf(`https://lvh.me:${port}/`, agent)).code, 'upstream_timeout')
  await agent.destroy()
  silent.close()
})

test('toConnectError looks through wrappers', () => {
  const coded = (code: string, extra: object = {}): Error =>
    Object.assign(new Error(code), { code, ...extra })
  const inner = new GatewayError('egress_blocked', 'no')
  assert.equal(toConnectError(new TypeError('fetch failed', { cause: inner })), inner)
  assert.equal(toConnectError(new AggregateError([new Error('x'), inner])), inner)
  const cases: [unknown, string][] = [
    [new AggregateError([coded('ECONNREFUSED'), coded('ETIMEDOUT')]), 'upstream_unreachable'],
    [new TypeError('fetch failed', { cause: new AggregateError([coded('ETIMEDOUT')]) }), 'upstream_timeout'],
    [coded('UND_ERR_CONNECT_TIMEOUT'), 'upstream_timeout'],
    [coded('ECONNRESET'), 'upstream_unreachable'],
    [coded('UND_ERR_SOCKET'), 'upstream_unreachable'],
    [coded('EAI_AGAIN', { syscall: 'getaddrinfo' }), 'upstream_dns'],
    [coded('ECONNREFUSED', { syscall: 'queryAaaa' }), 'upstream_dns'],
    [coded('ERR_TLS_CERT_ALTNAME_INVALID'), 'upstream_unreachable'],
    [coded('DEPTH_ZERO_SELF_SIGNED_CERT'), 'upstream_unreachable'],
    [coded('HPE_INVALID_CONSTANT'), 'upstream_protocol'],
    [coded('HPE_INVALID_EOF_STATE'), 'upstream_truncated'],
    [coded('UND_ERR_DESTROYED'), 'server_shutdown'],
    [new TypeError('x is not a function'), 'internal'],
    ['a string', 'internal'],
    [undefined, 'internal'],
  ]
  for (const [cause, code] of cases) assert.equal(toConnectError(cause).code, code, String(cause))
  const loop = new Error('a')
  loop.cause = loop
  assert.equal(toConnectError(loop).code, 'internal')
})

test('no message tells a caller which private address a name has', async () => {
  const agent = agentFor({ allowPrivateNetwork: false, allowedPorts: [canary.port] })
  const error = await failureOf(`http://lvh.me:${canary.port}/`, agent)
  assert.ok(error instanceof GatewayError)
  assert.doesNotMatch(error.message, /127/)
  assert.match(String((error.cause as Error).message), /127\.0\.0\.1/)
  await agent.close()
})
