/** JSON is searched as it reads, and what is replaced in it leaves it JSON. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { builtInDetectors, detectorNames } from './built-in.ts'
import { replaceFindings } from './finding.ts'
import { findPlaced, readJson } from './json-text.ts'

const detectors = builtInDetectors(detectorNames)
const secrets = ['ada@example.org', '4111 1111 1111 1111', 'AKIAIOSFODNN7EXAMPLE', '+49 30 901820']

const redacted = (json: string) =>
  replaceFindings(json, findPlaced(json, true, detectors), ({ kind, isBare }) =>
    isBare ? `"[${kind}]"` : `[${kind}]`,
  )

const strings = fc
  .array(fc.oneof(fc.constantFrom(...secrets, '\n', '\t', '"', '\\', '/', ' ', 'é', '😀', ','), fc.string()))
  .map((parts) => parts.join(''))

/** As some libraries write it: every character that may be escaped is. */
const escaped = (json: string): string =>
  json
    .replaceAll('/', '\\/')
    .replace(/[^\x20-\x7e]/g, (unit) => `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`)

test('JSON stays JSON, and none of what is to be found is left in what it says', () => {
  fc.assert(
    fc.property(strings, strings, fc.boolean(), (first, second, isEscaped) => {
      const value = { first, list: [second, 4111111111111111], text: `line\n${secrets.join('\n')}` }
      const plain = JSON.stringify(value)
      const told = redacted(isEscaped ? escaped(plain) : plain)
      const { list, text } = JSON.parse(told) as typeof value
      assert.equal(list[1], '[payment-card]')
      assert.equal(text, 'line\n[email]\n[payment-card]\n[credential]\n[phone]')
    }),
  )
})

test('what is found in a string of its own is found in one of JSON, and nothing else is changed', () => {
  fc.assert(
    fc.property(strings, fc.boolean(), (content, isEscaped) => {
      const alone = replaceFindings(content, findPlaced(content, false, detectors), ({ kind }) => `[${kind}]`)
      const plain = JSON.stringify({ content })
      const told = JSON.parse(redacted(isEscaped ? escaped(plain) : plain)) as { content: string }
      assert.equal(told.content, alone)
    }),
  )
})

test('a private key without an end takes no more than its string', () => {
  const value = { key: '-----BEGIN PRIVATE KEY-----\nMIIE', other: 'x' }
  assert.deepEqual(JSON.parse(redacted(JSON.stringify(value))), { key: '[private-key]', other: 'x' })
})

test('a piece reads as it does within the whole', () => {
  fc.assert(
    fc.property(strings, fc.nat(), (content, cut) => {
      const json = JSON.stringify(content)
      const at = cut % (json.length + 1)
      const first = readJson(json.slice(0, at))
      const rest = json.slice(first.placeOf(first.known))
      const second = readJson(rest, first.isWithinAt(first.known))
      assert.equal(first.text.slice(0, first.known) + second.text, readJson(json).text)
    }),
  )
})
