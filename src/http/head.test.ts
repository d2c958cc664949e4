/** What Node's parser accepts and a gateway must not. */

import assert from 'node:assert/strict'
import type { IncomingMessage } from 'node:http'
import { test } from 'node:test'
import { readHead } from './head.ts'

function head(url: string, ...rawHeaders: string[]) {
  return readHead({
    url,
    httpVersionMajor: 1,
    httpVersionMinor: 1,
    rawHeaders: ['Host', 'weir.example:4000', ...rawHeaders],
  } as unknown as IncomingMessage)
}

function isRefused(run: () => unknown): boolean {
  try {
    run()
    return false
  } catch (error) {
    return (error as { code?: string }).code === 'invalid_request'
  }
}

test('a plain path passes, its query apart', () => {
  const { path, query } = head('/v1/chat/completions?a=1')
  assert.equal(path, '/v1/chat/completions')
  assert.equal(query?.get('a'), '1')
  assert.equal(head('/v1beta/models/a%2Fb:generateContent').path, '/v1beta/models/a%2Fb:generateContent')
})

test('targets that other servers would read otherwise are refused', () => {
  const targets = [
    'http://weir.example/v1/models',
    'ftp://weir.example/',
    '*',
    '',
    '//admin',
    '/a/../admin',
    '/a/..',
    '/./a',
    '/a%2e%2e/b',
    '/a%00',
    '/a\\b',
    '/a%5cb',
    '/a;b',
    '/a#b',
    '/a b',
    `/${'a'.repeat(9000)}`,
  ]
  for (const target of targets)
    assert.ok(
      isRefused(() => head(target)),
      target,
    )
})

test('Host must be there once, and be a host', () => {
  const withHosts =
    (...hosts: string[]) =>
    () =>
      readHead({
        url: '/',
        httpVersionMajor: 1,
        httpVersionMinor: 1,
        rawHeaders: hosts.flatMap((host) => ['host', host]),
      } as unknown as IncomingMessage)
  for (const hosts of [[], ['a', 'a'], ['a/health?x='], ['u@a#f'], [''], ['a:99999999']]) {
    assert.ok(isRefused(withHosts(...hosts)), hosts.join())
  }
  for (const host of ['a', 'a.example:80', '127.0.0.1:4000', '[::1]:4000'])
    assert.ok(!isRefused(withHosts(host)), host)
})

test('every spelling of a key gives the same credential, and two keys are refused', () => {
  assert.equal(head('/', 'Authorization', 'Bearer k').credential, 'k')
  assert.equal(head('/', 'authorization', 'bearer k').credential, 'k')
  for (const name of ['x-api-key', 'API-Key', 'x-goog-api-key'])
    assert.equal(head('/', name, 'k').credential, 'k')
  assert.equal(head('/').credential, undefined)
  assert.equal(head('/', 'authorization', 'Bearer k', 'x-api-key', 'k').credential, 'k')
  assert.ok(isRefused(() => head('/', 'authorization', 'Bearer k', 'x-api-key', 'other')))
  assert.ok(isRefused(() => head('/', 'x-api-key', 'k', 'x-api-key', 'k2')))
})

test('the same header for a key twice is refused, equal or not', () => {
  for (const name of ['authorization', 'x-api-key', 'api-key', 'x-goog-api-key'])
    assert.ok(isRefused(() => head('/', name, 'k', name.toUpperCase(), 'k')))
})

test('header names with an underscore and unknown transfer codings are refused', () => {
  assert.ok(isRefused(() => head('/', 'x_api_key', 'k')))
  assert.ok(isRefused(() => head('/', 'transfer-encoding', 'gzip, chunked')))
  assert.equal(head('/', 'transfer-encoding', 'chunked').path, '/')
})
