/** Every way out of the gateway leads through the egress guard: an inventory of the sources, and all vectors over each way. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { createServer, type AddressInfo } from 'node:net'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { createExchanger } from '../../src/upstream/exchange.ts'
import { createSocketOpener } from '../../src/upstream/guarded-socket.ts'
import { createPoster } from '../../src/upstream/post.ts'
import { refusedByText } from '../support/egress-vectors.ts'

const sources = resolve(import.meta.dirname, '../../src')

/** What can open a connection, as the sources write it. */
const openers: Readonly<Record<string, RegExp>> = {
  'a client of undici':
    /\bnew (?:Agent|Client|Pool|BalancedPool|ProxyAgent|EnvHttpProxyAgent|WebSocket|EventSource)\(/,
  'undici without a dispatcher': /import \{[^}]*\b(?:fetch|request|stream|pipeline)\b[^}]*\} from 'undici'/,
  'the global fetch': /(?<![.\w])fetch\(/,
  'a client of node:http':
    /\b(?:http|https)\.(?:request|get)\(|import \{[^}]*\b(?:request|get)\b[^}]*\} from 'node:https?'/,
  'a socket of node:net or node:tls':
    /import \{[^}]*\b(?:connect|createConnection)\b[^}]*\} from 'node:(?:net|tls|http2)'/,
  'a client of a database or queue':
    /(?:from |import\()'(?:pg|redis|@redis\/client|ioredis|amqplib|mysql2?)'/,
  'a client of an OpenID provider or key set': /(?:from |import\()'(?:jose|openid-client)'/,
  'a datagram': /from 'node:dgram'/,
  'a process': /from 'node:child_process'/,
}

/** Who may, and why it is no hole. */
const known: Readonly<Record<string, string>> = {
  'upstream/send.ts: a client of undici': 'calls to providers, through the guarded connector',
  'upstream/post.ts: a client of undici': 'alerts and traces, through the guarded connector',
  'upstream/exchange.ts: a client of undici':
    'vaults, key sets and OpenID providers, through the guarded connector',
  'upstream/access-tokens.ts: a client of undici': 'tokens of providers, through the guarded connector',
  'access/jwt.ts: a client of an OpenID provider or key set':
    'key sets, by a `fetch` over upstream/exchange.ts',
  'access/oidc.ts: a client of an OpenID provider or key set':
    'the provider, by a `fetch` over upstream/exchange.ts',
  'compose/oidc.ts: a client of an OpenID provider or key set': 'the type of that `fetch`',
  'storage/rabbitmq/connect.ts: a client of a database or queue':
    "the operator's own server, where `queue` says",
  'storage/rabbitmq/line-broker.ts: a client of a database or queue': 'the types of that connection',
  'storage/redis/connect.ts: a client of a database or queue':
    "the operator's own server, where `shared` says",
  'storage/sql/postgres.ts: a client of a database or queue': "the operator's own server, where `store` says",
  'cli/admin-client.ts: a client of undici': "the command line's way to its own gateway: a socket file",
  'cli/admin-client.ts: a socket of node:net or node:tls': 'the same socket file',
}

test('nothing in the sources opens a connection but through the guard', () => {
  const found = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .flatMap((file) => {
      const text = readFileSync(join(sources, file), 'utf8').replace(/^\s*(?:\/?\*|\/\/).*$/gm, '')
      return Object.entries(openers).flatMap(([what, form]) => (form.test(text) ? [`${file}: ${what}`] : []))
    })
  assert.deepEqual(found.toSorted(), Object.keys(known).toSorted())
  for (const file of ['send', 'post', 'exchange', 'access-tokens']) {
    assert.match(readFileSync(join(sources, `upstream/${file}.ts`), 'utf8'), /createGuardedConnector\(/)
  }
  for (const file of ['jwt', 'oidc']) {
    assert.match(readFileSync(join(sources, `access/${file}.ts`), 'utf8'), /\[(?:client\.)?customFetch\]: /)
  }
})

let connects = 0
const canary = createServer((socket) => {
  connects++
  socket.destroy()
})
canary.listen(0, '127.0.0.1')
await once(canary, 'listening')
after(() => canary.close())
const { port } = canary.address() as AddressInfo
const urls = refusedByText.map((vector) => vector.replaceAll(':P', `:${port}`))
const policy = { allowPrivateNetwork: false, allowedPorts: [port] }

const ways: Readonly<Record<string, (url: string) => Promise<unknown>>> = {
  'a vault': (url) => createExchanger(policy).exchange({ method: 'GET', url, headers: {} }),
  'a webhook or trace': (url) =>
    createPoster(policy).post({
      url,
      headers: {},
      body: new Uint8Array(),
      signal: AbortSignal.timeout(5000),
    }),
  async 'a mail relay'(url) {
    const parsed = URL.parse(url)
    const hostname = parsed === null ? url : parsed.hostname.replace(/^\[(.*)\]$/, '$1')
    return createSocketOpener(policy)(hostname || url, port)
  },
}

for (const [way, go] of Object.entries(ways)) {
  test(`${urls.length} vectors reach nothing by the way of ${way}`, async () => {
    connects = 0
    let refused = 0
    for (const url of urls) {
      // A name that looks public goes to the resolver, which has its own vectors.
      if (/public\.example|93\.184/.test(url)) continue
      await assert.rejects(go(url), url)
      refused++
    }
    assert.equal(connects, 0)
    assert.ok(refused >= 200, `${refused} vectors`)
  })
}
