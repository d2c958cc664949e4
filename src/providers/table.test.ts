/** The provider table as a whole: what every row must fulfil. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import type { ProviderSpec } from './spec.ts'
import { providerTable } from './table.ts'

const rows: readonly (readonly [string, ProviderSpec])[] = Object.entries(providerTable)

test('there are at least 32 providers, of which each can be named in a target', () => {
  assert.ok(rows.length >= 32, String(rows.length))
  for (const [name] of rows) assert.match(name, /^[a-z][a-z0-9-]*$/)
})

test('an address is https, bare, and ends without a slash', () => {
  for (const [name, { baseUrl }] of rows) {
    if (baseUrl === undefined) continue
    const url = new URL(baseUrl.replaceAll(/[{}]/g, ''))
    const isOwnMachine = url.hostname === 'localhost'
    assert.ok(url.protocol === 'https:' || isOwnMachine, name)
    assert.ok(!baseUrl.endsWith('/'), name)
    assert.equal(url.search + url.hash + url.username, '', name)
  }
})

test('a row without an address says how to set it', () => {
  for (const [name, { baseUrl, note }] of rows) {
    if (baseUrl === undefined && name !== 'sim') assert.match(note ?? '', /`baseUrl/, name)
  }
})

test('no variable turns two providers on, and no row has an empty list of dialects', () => {
  const variables = rows.flatMap(([, { env }]) => env)
  assert.equal(new Set(variables).size, variables.length)
  for (const [name, { dialects }] of rows) assert.equal(new Set(dialects).size, dialects.length, name)
})

test('a bare model name leads to one row: no prefix begins with that of another row', () => {
  const prefixes = rows.flatMap(([name, { modelPrefixes }]) =>
    modelPrefixes.map((prefix) => ({ name, prefix })),
  )
  for (const one of prefixes) {
    for (const other of prefixes) {
      if (one.name !== other.name) {
        assert.ok(
          !one.prefix.startsWith(other.prefix),
          `${one.name} ${one.prefix} and ${other.name} ${other.prefix}`,
        )
      }
    }
  }
})

test('a header that a client may set carries no credential', () => {
  for (const [name, { passes = [] }] of rows) {
    for (const header of passes) {
      assert.equal(header, header.toLowerCase(), name)
      assert.doesNotMatch(header, /auth|key|token|cookie|host|forwarded/, name)
    }
  }
})
