/** Only trusted proxies may say where a request comes from. */

import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { createClientAddressOf } from './client-address.ts'

const request = (peer: string, forwarded?: string) =>
  ({
    socket: { remoteAddress: peer },
    headers: forwarded === undefined ? {} : { 'x-forwarded-for': forwarded },
  }) as unknown as IncomingMessage

test('without trusted proxies the peer is the client, whatever it says', () => {
  const clientAddress = createClientAddressOf([])
  assert.equal(clientAddress(request('203.0.113.9', '1.2.3.4')), '203.0.113.9')
  assert.equal(clientAddress(request('::ffff:203.0.113.9')), '203.0.113.9')
})

test('a trusted peer is believed, up to the first hop that is not trusted', () => {
  const clientAddress = createClientAddressOf(['10.0.0.0/8', 'fd00::/8', '192.0.2.1'])
  const table: [string, string | undefined, string][] = [
    ['10.1.1.1', '198.51.100.7', '198.51.100.7'],
    ['10.1.1.1', '6.6.6.6, 198.51.100.7', '198.51.100.7'],
    ['10.1.1.1', '198.51.100.7, 10.2.2.2, 192.0.2.1', '198.51.100.7'],
    ['fd00::1', '2001:db8::5', '2001:db8::5'],
    ['203.0.113.9', '1.2.3.4', '203.0.113.9'],
    ['10.1.1.1', 'garbage', '10.1.1.1'],
    ['10.1.1.1', '6.6.6.6, <script>, 10.9.9.9', '10.9.9.9'],
    ['10.1.1.1', undefined, '10.1.1.1'],
    ['10.1.1.1', '10.3.3.3', '10.3.3.3'],
  ]
  for (const [peer, forwarded, expected] of table) {
    assert.equal(clientAddress(request(peer, forwarded)), expected, `${peer} ${forwarded}`)
  }
})
