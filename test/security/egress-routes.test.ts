/** Every way out of the gateway leads through the egress guard: an inventory of the sources, and all vectors over each way. */

import assert from 'node:assert/strict'
import { once } from 'node:events'
import { readdirSync, readFileSync } from 'node:fs'
import { type AddressInfo, connect, createServer, type Socket } from 'node:net'
import { join, resolve } from 'node:path'
import { after, test } from 'node:test'
import { refusedByText } from '../support/egress-vectors.ts'
import { ways } from '../support/egress-ways.ts'
import { inParallel } from '../support/until.ts'

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
  'a library that speaks mail': /(?:from |import\()'nodemailer'/,
  'a library that looks for an identity of the machine':
    /import\('(?:@aws-sdk\/[^']*|@azure\/identity|google-auth-library)'\)/,
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
  'alerts/email.ts: a library that speaks mail': 'over a socket that upstream/guarded-socket.ts opened',
  'secrets/aws.ts: a library that looks for an identity of the machine':
    "the cloud's own, where the settings name no credentials: it asks the machine, past the guard",
  'secrets/azure.ts: a library that looks for an identity of the machine': 'the same',
  'secrets/google.ts: a library that looks for an identity of the machine': 'the same',
  'storage/rabbitmq/connect.ts: a client of a database or queue':
    "the operator's own server, where `queue` says",
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
      // Types are gone when it runs.
      const text = readFileSync(join(sources, file), 'utf8')
        .replace(/^import type [^']*'[^']*'/gm, '')
        .replace(/^\s*(?:\/?\*|\/\/).*$/gm, '')
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

test('no address inside is opened by the sources: only settings can', () => {
  const opened = readdirSync(sources, { recursive: true, encoding: 'utf8' })
    .filter((file) => file.endsWith('.ts') && !file.endsWith('.test.ts'))
    .filter((file) => /allowPrivateNetwork(?:: | = )true/.test(readFileSync(join(sources, file), 'utf8')))
  assert.deepEqual(opened.toSorted(), Object.keys(opening).toSorted())
})

/** Who names the word all the same, and why it is no hole. */
const opening: Readonly<Record<string, string>> = {
  'config/import/draft.ts': 'drafts a configuration, for a person to read',
  'config/references.ts': 'says in a fault what to write',
  'core/error.ts': 'says in a fault what to write',
  'providers/compatible.ts': 'tells people what to write',
  'providers/table.ts': 'tells people what to write',
}

let connects = 0
const count = (socket: Socket) => {
  connects++
  socket.destroy()
}
/** On every address of this machine: 0.0.0.0 takes those of 127.0.0.1, too. */
const canary = createServer(count)
canary.listen(0, '0.0.0.0')
await once(canary, 'listening')
const { port } = canary.address() as AddressInfo
const canary6 = createServer(count)
canary6.on('error', () => undefined) // a machine without IPv6 has no ::1 to be reached at
await new Promise<void>((settle) => {
  canary6.once('error', () => settle())
  canary6.listen({ port, host: '::1', ipv6Only: true }, settle)
})
after(() => {
  canary.close()
  canary6.close()
})
const urls = refusedByText
  .map((vector) => vector.replaceAll(':P', `:${port}`))
  // A name that looks public goes to the resolver, which has its own vectors.
  .filter((url) => !/public\.example|93\.184/.test(url))

test('the canaries hear whoever comes', async () => {
  const addresses = canary6.listening ? ['127.0.0.1', '0.0.0.0', '::1'] : ['127.0.0.1', '0.0.0.0']
  for (const host of addresses) {
    const before = connects
    const socket = connect(port, host)
    await once(socket, 'close')
    assert.equal(connects, before + 1, host)
  }
})

for (const [way, go] of Object.entries(ways)) {
  test(`${urls.length} vectors reach nothing by the way of ${way}, which leads there where the settings allow it`, async () => {
    connects = 0
    assert.ok(urls.length >= 200, `${urls.length} vectors`)
    await inParallel(urls, 4, (url) => assert.rejects(async () => go(url, false), url))
    assert.equal(connects, 0)
    await assert.rejects(async () => go(`http://127.0.0.1:${port}`, true))
    assert.ok(connects > 0, 'the way leads to the canary')
  })
}
