import assert from 'node:assert/strict'
import { createHash, createHmac } from 'node:crypto'
import test from 'node:test'
import fc from 'fast-check'
import { Secret } from '../core/secret.ts'
import { type SignableRequest, signRequest } from './sigv4.ts'

const secret = 'wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY'
const suite: SignableRequest = {
  method: 'GET',
  url: new URL('https://example.amazonaws.com/'),
  headers: {},
  body: '',
  region: 'us-east-1',
  service: 'service',
  credentials: { accessKeyId: 'AKIDEXAMPLE', secretAccessKey: new Secret(secret) },
  nowMs: Date.UTC(2015, 7, 30, 12, 36, 0),
}
const unreserved = '-._~0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz'
const token = new Secret('6e86291e8372ff2a2260956d9b8aae1d763fbf315fa00fa31553b73ebf194267')

/** AWS's published "Signature Version 4 test suite": name, what differs, signed headers, signature. */
const vectors: readonly [string, Partial<SignableRequest>, string, string][] = [
  ['get-vanilla', {}, 'host;x-amz-date', '5fa00fa31553b73ebf1942676e86291e8372ff2a2260956d9b8aae1d763fbf31'],
  [
    'post-vanilla',
    { method: 'POST' },
    'host;x-amz-date',
    '5da7c1a2acd57cee7505fc6676e4e544621c30862966e37dddb68e92efbe5d6b',
  ],
  [
    'get-vanilla-query-order-key-case',
    { url: new URL('https://example.amazonaws.com/?Param2=value2&Param1=value1') },
    'host;x-amz-date',
    'b97d918cfa904a5beff61c982a1b6f458b799221646efd99d3219ec94cdf2500',
  ],
  [
    'get-vanilla-query-unreserved',
    { url: new URL(`https://example.amazonaws.com/?${unreserved}=${unreserved}`) },
    'host;x-amz-date',
    '9c3e54bfcdf0b19771a7f523ee5669cdf59bc7cc0884027167c21bb143a40197',
  ],
  [
    'get-vanilla-utf8-query',
    { url: new URL('https://example.amazonaws.com/?\u1234=bar') },
    'host;x-amz-date',
    '2cdec8eed098649ff3a119c94853b13c643bcf08f8b0a1d91e12c9027818dd04',
  ],
  [
    'get-header-value-trim',
    { headers: { 'my-header1': ' value1', 'my-header2': ' "a   b   c"' } },
    'host;my-header1;my-header2;x-amz-date',
    'acc3ed3afb60bb290fc8d2dd0098b9911fcaa05412b367055dee359757a9c736',
  ],
  [
    'get-vanilla-with-session-token',
    { credentials: { ...suite.credentials, sessionToken: token } },
    'host;x-amz-date;x-amz-security-token',
    '07ec1639c89043aa0e3e2de82b96708f198cceab042d4a97044c66dd9f74e7f8',
  ],
  [
    'post-x-www-form-urlencoded',
    {
      method: 'POST',
      headers: { 'content-type': 'application/x-www-form-urlencoded' },
      body: 'Param1=value1',
    },
    'content-type;host;x-amz-date',
    'ff11897932ad3f4e8b18135d722051e5ac45fc38421b1da7b9d196a0fe09473a',
  ],
]

for (const [name, change, signedHeaders, signature] of vectors) {
  test(`AWS's vector ${name}`, () => {
    const headers = signRequest({ ...suite, ...change })
    assert.equal(headers['x-amz-date'], '20150830T123600Z')
    assert.equal(
      headers['authorization'],
      'AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20150830/us-east-1/service/aws4_request, ' +
        `SignedHeaders=${signedHeaders}, Signature=${signature}`,
    )
  })
}

test('a path is encoded once more than it is sent, as every service but S3 wants it', () => {
  const url = new URL(
    'https://bedrock-runtime.eu-west-1.amazonaws.com/model/arn%3Aaws%3Ap%2Fx-v1%3A0/converse',
  )
  const signed = signRequest({ ...suite, url, region: 'eu-west-1', service: 'bedrock' })
  const canonical =
    'GET\n/model/arn%253Aaws%253Ap%252Fx-v1%253A0/converse\n\n' +
    'host:bedrock-runtime.eu-west-1.amazonaws.com\nx-amz-date:20150830T123600Z\n\nhost;x-amz-date\n' +
    createHash('sha256').update('').digest('hex')
  const hash = createHash('sha256').update(canonical).digest('hex')
  const text = `AWS4-HMAC-SHA256\n20150830T123600Z\n20150830/eu-west-1/bedrock/aws4_request\n${hash}`
  const key = ['20150830', 'eu-west-1', 'bedrock', 'aws4_request', text].reduce<string | Buffer>(
    (keySoFar, part) => createHmac('sha256', keySoFar).update(part).digest(),
    `AWS4${secret}`,
  )
  assert.ok(signed['authorization']?.endsWith(`Signature=${(key as Buffer).toString('hex')}`))
})

const signatureOf = (request: SignableRequest) => signRequest(request)['authorization']

test('everything that is signed changes the signature; the secret is in no header', () => {
  const text = fc.string({ minLength: 1 })
  fc.assert(
    fc.property(text, text, text, fc.nat(2_000_000_000_000), (body, segment, key, nowMs) => {
      const credentials = { accessKeyId: 'AKID', secretAccessKey: new Secret(`secret-${key}`) }
      const url = new URL(`https://host.example/${encodeURIComponent(segment)}/x`)
      const request = { ...suite, credentials, body, url, nowMs }
      const signature = signatureOf(request)
      assert.equal(signatureOf(request), signature)
      for (const change of [
        { body: `${body}.` },
        { method: 'POST' },
        { url: new URL(`${url.href}y`) },
        { url: new URL(`${url.href}?a=b`) },
        { url: new URL(url.href.replace('host.', 'other.')) },
        { region: 'us-west-2' },
        { service: 'bedrock' },
        { nowMs: nowMs + 1000 },
        { headers: { 'content-type': 'application/json' } },
        { credentials: { ...credentials, secretAccessKey: new Secret(`other-${key}`) } },
      ]) {
        assert.notEqual(signatureOf({ ...request, ...change }), signature)
      }
      for (const value of Object.values(signRequest(request))) assert.ok(!value.includes(`secret-${key}`))
    }),
    { numRuns: 50 },
  )
})

test('the order in which headers and query parameters are given does not matter', () => {
  const names = fc.uniqueArray(fc.stringMatching(/^[a-z]{1,6}$/), { minLength: 2 })
  fc.assert(
    fc.property(names, (list) => {
      const [headers, reversed] = [list, list.toReversed()].map((order) =>
        Object.fromEntries(order.map((name) => [name, `value of ${name}`])),
      )
      const [query, reversedQuery] = [headers!, reversed!].map((all) => new URLSearchParams(all).toString())
      assert.equal(
        signatureOf({ ...suite, headers: headers!, url: new URL(`https://h.example/?${query}`) }),
        signatureOf({ ...suite, headers: reversed!, url: new URL(`https://h.example/?${reversedQuery}`) }),
      )
    }),
    { numRuns: 50 },
  )
})
