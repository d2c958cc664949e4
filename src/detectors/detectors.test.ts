/** Detectors find the forms that they are for, leave alone what only looks so, and stay linear on hostile text. */

import assert from 'node:assert/strict'
import { test } from 'node:test'
import fc from 'fast-check'
import { builtInDetectors, detectorNames, type DetectorName } from './built-in.ts'
import { findAll, replaceFindings } from './finding.ts'

const found = (text: string): string[] =>
  findAll(text, builtInDetectors(detectorNames)).map(
    ({ kind, start, end }) => `${kind}: ${text.slice(start, end)}`,
  )

const jwt = `eyJ${'h'.repeat(20)}.eyJ${'p'.repeat(30)}.${'s'.repeat(43)}`
const key = '-----BEGIN RSA PRIVATE KEY-----\nMIIE\n-----END RSA PRIVATE KEY-----'

const positives: Readonly<Record<DetectorName, readonly string[]>> = {
  email: ['ada.lovelace+x@mail.example.co.uk', 'jürgen@müller.de', "o'neil@example.com"],
  phone: ['+49 30 901820', '+1 (415) 555-2671', '(415) 555-2671', '415-555-2671', '+4915123456789'],
  'payment-card': ['4111 1111 1111 1111', '5500-0000-0000-0004', '378282246310005'],
  iban: ['DE89 3704 0044 0532 0130 00', 'GB82WEST12345698765432'],
  'us-ssn': ['536-90-4399'],
  'ip-address': ['192.168.0.1', '8.8.8.8'],
  credential: [
    `sk-${'a'.repeat(48)}`,
    `sk-ant-api03-${'b'.repeat(90)}`,
    `ghp_${'c'.repeat(36)}`,
    'AKIAIOSFODNN7EXAMPLE',
    `AIza${'d'.repeat(35)}`,
    'xoxb-123456789012-abcdef',
    jwt,
    `weir_${'e'.repeat(12)}_${'f'.repeat(49)}`,
  ],
  'private-key': [key],
  'url-password': ['hunter2'],
}

test('each detector finds its forms, at the beginning, in the middle and at the end of a text', () => {
  for (const [kind, samples] of Object.entries(positives)) {
    for (const sample of samples) {
      const shown = kind === 'url-password' ? `postgres://user:${sample}@host/db` : sample
      for (const text of [shown, `Here: ${shown}, thanks.`, `(${shown})`]) {
        assert.ok(found(text).includes(`${kind}: ${sample}`), `${kind} in ${text}: ${found(text).join()}`)
      }
    }
  }
})

test('what only looks so is left alone', () => {
  for (const text of [
    'call me at 5 @ noon, a@b, user@localhost, @handle, foo@.com',
    'order 4111 1111 1111 1112 of 2024-05-06, total 1234567.89',
    'version 1.2.3.4.5 and 999.1.1.1, 000-12-3456, 666-12-3456',
    'DE00 3704 0044 0532 0130 00',
    'risk-assessment-of-the-whole-department and sk-short',
    'http://example.com:8080/path and ssh://git@host',
    '-----BEGIN CERTIFICATE-----\nMIIE\n-----END CERTIFICATE-----',
    'const x = 1; // 2 + 2 = 4',
  ]) {
    assert.deepEqual(found(text), [], text)
  }
})

test('what stands around a form, in whatever script and typography, does not hide it', () => {
  for (const [text, expected] of [
    ['write to “ada@example.org”', 'email: ada@example.org'],
    ['ada@example.org—or call', 'email: ada@example.org'],
    ['ada@example.org…', 'email: ada@example.org'],
    ['ada@example.org...or call', 'email: ada@example.org'],
    ['我的邮箱是ada@example.org，请回复', 'email: ada@example.org'],
    ['请写信给ada@example.org。', 'email: ada@example.org'],
    ['メールはada@example.orgです', 'email: ada@example.org'],
    ['card 4111 1111 1111 1111 12/27', 'payment-card: 4111 1111 1111 1111'],
    ['card 4111 1111 1111 1111 123', 'payment-card: 4111 1111 1111 1111'],
    ['2 4111-1111-1111-1111', 'payment-card: 4111-1111-1111-1111'],
    ['4111\u00a01111\u00a01111\u00a01111', 'payment-card: 4111\u00a01111\u00a01111\u00a01111'],
    ['AT61 1904 3002 3457 3201 BIC BKAUATWW', 'iban: AT61 1904 3002 3457 3201'],
    ['AT61 1904 3002 3457 3201 EUR 100', 'iban: AT61 1904 3002 3457 3201'],
    ['+49\u00a030\u00a0901820', 'phone: +49\u00a030\u00a0901820'],
    ['415\u2011555\u20112671', 'phone: 415\u2011555\u20112671'],
    ['+1-415-555-2671x123', 'phone: +1-415-555-2671'],
    ['536\u201190\u20114399', 'us-ssn: 536\u201190\u20114399'],
    ['postgres://u:p@ss@host/db', 'url-password: p@ss'],
  ] as const) {
    assert.deepEqual(found(text), [expected], text)
  }
})

test('a key of OpenPGP is found whole', () => {
  const block = '-----BEGIN PGP PRIVATE KEY BLOCK-----\n\nlQOYBF\n=abcd\n-----END PGP PRIVATE KEY BLOCK-----'
  assert.deepEqual(found(`${block} thanks`), [`private-key: ${block}`])
})

test('there may be as many findings as a text has room for', () => {
  assert.equal(found('a@b.co '.repeat(200_000)).length, 200_000)
})

test('a private key that was cut off is found to the end of the text', () => {
  const text = `see ${key.slice(0, 40)}`
  assert.deepEqual(found(text), [`private-key: ${text.slice(4)}`])
})

test('findings never overlap and replacing them leaves none', () => {
  const pieces = fc.constantFrom(
    ...Object.values(positives).flat(),
    ' ',
    '@',
    '.',
    '-',
    '1',
    'a',
    '\n',
    '://u:',
  )
  fc.assert(
    fc.property(fc.array(pieces, { maxLength: 30 }), (parts) => {
      const text = parts.join('')
      const detectors = builtInDetectors(detectorNames)
      const findings = findAll(text, detectors)
      for (const [at, { start, end }] of findings.entries()) {
        assert.ok(start < end && end <= text.length)
        assert.ok(at === 0 || findings[at - 1]!.end <= start)
      }
      const kept = replaceFindings(text, findings, () => ' ')
      for (const { start, end } of findings) {
        const secret = text.slice(start, end)
        if (secret.length > 12) assert.ok(!kept.includes(secret) || text.split(secret).length > 2, secret)
      }
    }),
  )
})

test('a megabyte of hostile text is searched: a search that squares would not come to its end', () => {
  const units = [
    '1-',
    '1 ',
    '1.',
    'eyJ',
    'a@',
    '@',
    '://a:',
    'AB12',
    '+1',
    'sk-',
    'a',
    '-----BEGIN A PRIVATE KEY',
    '2 ',
    'a@b.',
    '例@例.',
    'AB12 ',
  ]
  for (const unit of units) {
    const text = unit.repeat(Math.ceil(1_000_000 / unit.length))
    const findings = findAll(text, builtInDetectors(detectorNames))
    assert.ok(findings.every(({ end }) => end <= text.length))
  }
})
