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

const words = (text: string): string[] => text.trim().split(/\s+/)

// The vectors: every class of the table in security.md's terms. `:P` stands for the canary's port.

const v4Literals = words(`
  127.1 127.0.1 127.0.0.1 2130706433 0x7f.1 0x7f000001 0x7f.0x0.0x0.0x1 017700000001 0177.0.0.1 0177.1
  127.0.0.1. 127.255.255.254 127.0.0.53 00000177.0.0.1 0x7F.0.0.1 １２７.0.0.1 １２７．０．０．１ 127。0。0。1
  127．0．0．1 127｡0｡0｡1 %31%32%37.0.0.1 ①②⑦.0.0.1 1²7.0.0.1 𝟏𝟐𝟕.𝟎.𝟎.𝟏 %31%32%37%2e%30%2e%30%2e%31 0
  0.0.0.0 0.0 0x0 00 0.1.2.3 0.255.255.255 0x0.0x0 10.0.0.0 10.0.0.1 10.255.255.255 167772161 0xa.1
  012.0.0.1 10.1 100.64.0.0 100.64.0.1 100.100.100.200 100.127.255.255 0x64.0x40.0.1 169.254.0.1
  169.254.169.254 169.254.170.2 169.254.255.255 2852039166 0xa9fea9fe 0xa9.0xfe.0xa9.0xfe
  0251.0376.0251.0376 169.254.43518 169.16689662 169。254。169。254 172.16.0.0 172.16.0.1 172.31.255.255
  172.20.10.1 0xac.0x10.0.1 2886729729 192.0.0.0 192.0.0.1 192.0.0.192 192.0.0.255 192.0.2.0
  192.0.2.255 192.88.99.0 192.88.99.255 192.168.0.0 192.168.0.1 192.168.255.255 3232235521 0xc0.0xa8.1
  192.168.1 198.18.0.0 198.19.255.255 198.51.100.0 198.51.100.255 203.0.113.0 203.0.113.255 224.0.0.0
  224.0.0.1 239.255.255.255 240.0.0.0 250.1.2.3 255.255.255.255 4294967295 0xffffffff 037777777777
  168.63.129.16 0xa83f8110 2822734096
`)
const v6Literals = words(`
  :: ::1 0:0:0:0:0:0:0:0 0:0:0:0:0:0:0:1 0000::0001 ::0.0.0.1 0::1 ::127.0.0.1 ::7f00:1 ::10.0.0.1
  ::8.8.8.8 ::169.254.169.254 ::2 ::ffff ::ffff:0 ::ffff:127.0.0.1 ::ffff:7f00:1 ::FFFF:127.0.0.1
  0:0:0:0:0:ffff:7f00:1 ::ffff:0.0.0.0 ::ffff:10.0.0.1 ::ffff:a9fe:a9fe ::ffff:169.254.169.254
  ::ffff:192.168.1.1 ::ffff:172.16.0.1 ::ffff:100.64.0.1 ::ffff:255.255.255.255 ::ffff:168.63.129.16
  ::ffff:100.100.100.200 ::ffff:0:127.0.0.1 ::ffff:0:8.8.8.8 64:ff9b::127.0.0.1 64:ff9b::7f00:1
  64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b::0 64:ff9b::192.168.0.1 64:ff9b::224.0.0.1
  64:ff9b::168.63.129.16 0064:ff9b:0::a9fe:a9fe 64:ff9b:1::127.0.0.1 64:ff9b:1::10.0.0.1
  64:ff9b:1::a9fe:a9fe 64:ff9b:1:7f00:0:100:: 64:ff9b:1:a9fe:a9:fe00:: 64:ff9b:1:a00:0:100:808:808
  64:ff9b:2::8.8.8.8 64:ff9b:0:1::808:808 2002:7f00:1:: 2002:7f00:1::1 2002:a00:1:: 2002:a9fe:a9fe::1
  2002:c0a8:101:: 2002:ac10:1:: 2002:: 2002:e000:1:: 2002:6440:1::1 2002:a83f:8110:: 100:: 100::1
  100:0:0:1:: 2001:: 2001::1 2001:0:7f00:1:: 2001:10::1 2001:20::1
  2001:1ff:ffff:ffff:ffff:ffff:ffff:ffff 2001:db8:: 2001:db8::1 2001:db8:ffff:: 3fff::1
  3fff:fff:ffff::1 4000::1 5f00::1 1::1 1fff:ffff::1 8000::1 e000::1 fc00:: fc00::1 fd00::1
  fd00:ec2::254 fd20:ce::254 fdff:ffff::1 fdff::ffff fe00::1 fe80:: fe80::1 fe80::a9fe:a9fe febf::1
  fec0:: fec0::1 feff::1 ff00:: ff01::1 ff02::1 ff02::2 ff05::1:3 ff0e::1 ffff::1
`).map((address) => `[${address}]`)
const loopbackNames = [
  ...words(`
  localhost LOCALHOST localhost. LocalHost. a.localhost a.b.localhost a.localhost. ⓛocalhost ⓁⓄⒸⒶⓁⒽⓄⓈⓉ
  ｌｏｃａｌｈｏｓｔ local%68ost ℓocalhost localhoſt x.ⓛocalhost localhost。 a。localhost
`),
  'loc\talhost',
]
/** What a resolver answers for names that look public. */
const zone: Readonly<Record<string, readonly string[]>> = {
  '127.0.0.1.nip.io': ['127.0.0.1'],
  '10-0-0-1.sslip.io': ['10.0.0.1'],
  'localtest.me': ['127.0.0.1', '::1'],
  'lvh.me': ['127.0.0.1'],
  'metadata.google.internal': ['169.254.169.254'],
  'metadata.goog': ['169.254.169.254', 'fd20:ce::254'],
  'instance-data.ec2.internal': ['fd00:ec2::254'],
  'metadata.azure.internal': ['168.63.129.16'],
  'kubernetes.default.svc': ['10.96.0.1'],
  'mixed.example': ['93.184.216.34', '127.0.0.1'],
  'mixed-last.example': ['93.184.216.34', '2606:2800::1', '::1'],
  'mapped.example': ['::ffff:127.0.0.1'],
  'nat64.example': ['64:ff9b::7f00:1'],
  'sixtofour.example': ['2002:7f00:1::1'],
  'compatible.example': ['::127.0.0.1'],
  'linklocal.example': ['fe80::1%lo'],
  'zero.example': ['0.0.0.0'],
  'zero6.example': ['::'],
  'multicast.example': ['224.0.0.251'],
  'garbage.example': ['not an address'],
  'xn--bcher-kva.example': ['127.0.0.1'],
  'rebound.example': ['127.0.0.1'],
}
const names = Object.keys(zone).filter((name) => !name.startsWith('xn--'))
const tricks = [
  'http://127.0.0.1:P\\@public.example/',
  'http://127.0.0.1:P#@public.example/',
  'http://127.0.0.1:P?@public.example/',
  'http:\\\\127.0.0.1:P\\',
  'http:/127.0.0.1:P/',
  'http:127.0.0.1:P',
  'http:////127.0.0.1:P/',
  'http://127.0.\t0.1:P/',
  'ht\ntp://127.0.0.1:P/',
  ' \u0001http://127.0.0.1:P/',
  'HTTP://127.0.0.1:P/',
  'http://127.0.0.1:P/\r\nHost: public.example',
  'http://bücher.example:P/',
  'http://BÜCHER.example:P/',
]
const userinfo = [
  'http://user@127.0.0.1:P/',
  'http://user:pass@public.example:P/',
  'http://public.example@127.0.0.1:P/',
  'http://public.example:80@127.0.0.1:P/',
  'http://:pass@public.example/',
  'http://a%40b@127.0.0.1:P/',
]
const otherSchemes = words(`
  file:///etc/passwd gopher://127.0.0.1:P/ ftp://127.0.0.1:P/ data:text/plain,hello ws://127.0.0.1:P
  jar:http://127.0.0.1:P!/ javascript:alert(1) unix:/var/run/docker.sock blob:http://127.0.0.1:P/x
  http+unix://%2Fvar%2Frun%2Fdocker.sock/ dict://127.0.0.1:P/ ldap://127.0.0.1:P/ about:blank
`)
const badPorts = words(`
  http://public.example:0/ http://public.example:22/ https://public.example:6379/
  http://public.example:25/ http://93.184.216.34:11211/ http://public.example:00000022/
`)
const unparsable = [
  '',
  'http://a b/',
  ...words(`
  public.example //127.0.0.1/ http:// http://[::1%25lo]:P/ http://[fe80::1%eth0]/ http://[::1
  http://127.0.0.1:65536/ http://256.256.256.256/ http://1.2.3.4.5/ http://0x100000000/
  http://[127.0.0.1]/ http://127.0.0.1:-1/ http://a%00b/ http://%/ http://a%2fb/
`),
]

const literalUrls = [...v4Literals, ...v6Literals, ...loopbackNames].map((host) => `http://${host}:P/v1`)
const refusedByText = [
  ...literalUrls,
  ...tricks.slice(0, -2),
  ...userinfo,
  ...otherSchemes,
  ...badPorts,
  ...unparsable,
]
const refusedByAddress = [...names.map((name) => `http://${name}:P/v1`), ...tricks.slice(-2)]

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
