/** AWS Signature Version 4: signs a request with an access key, so that the secret never travels. */

import { createHash, createHmac } from 'node:crypto'
import type { Secret } from '../core/secret.ts'

export interface AwsCredentials {
  readonly accessKeyId: string
  readonly secretAccessKey: Secret
  /** Of temporary credentials only. */
  readonly sessionToken?: Secret
}

export interface SignableRequest {
  readonly method: string
  /** Path and query must be encoded as they will be sent. */
  readonly url: URL
  /** Those to sign beside `host` and AWS's own; names in lower case. */
  readonly headers: Readonly<Record<string, string>>
  readonly body: string | Buffer
  readonly region: string
  readonly service: string
  readonly credentials: AwsCredentials
  readonly nowMs: number
}

const algorithm = 'AWS4-HMAC-SHA256'

/**
 * The headers to send with the request, beside those that were given, for it to be authentic: valid for about
 * five minutes around `nowMs`. https://docs.aws.amazon.com/IAM/latest/UserGuide/create-signed-request.html
 */
export function signRequest(request: SignableRequest): Record<string, string> {
  const { credentials, region, service, url } = request
  const time = new Date(request.nowMs).toISOString().replaceAll(/[-:]|\.\d+/g, '')
  const day = time.slice(0, 8)
  const own: Record<string, string> = {
    'x-amz-date': time,
    ...(credentials.sessionToken && { 'x-amz-security-token': credentials.sessionToken.reveal() }),
  }
  const headers = Object.entries({ ...request.headers, host: url.host, ...own }).toSorted(byName)
  const signedNames = headers.map(([name]) => name).join(';')
  const canonical = [
    request.method,
    canonicalPath(url.pathname),
    canonicalQuery(url.searchParams),
    ...headers.map(([name, value]) => `${name}:${value.trim().replaceAll(/ +/g, ' ')}`),
    '',
    signedNames,
    sha256(request.body),
  ].join('\n')
  const scope = `${day}/${region}/${service}/aws4_request`
  const text = [algorithm, time, scope, sha256(canonical)].join('\n')
  const dayKey = hmac(`AWS4${credentials.secretAccessKey.reveal()}`, day)
  const key = hmac(hmac(hmac(dayKey, region), service), 'aws4_request')
  const signature = hmac(key, text).toString('hex')
  return {
    ...own,
    authorization: `${algorithm} Credential=${credentials.accessKeyId}/${scope}, SignedHeaders=${signedNames}, Signature=${signature}`,
  }
}

/** Encoded once more, segment by segment: all services but S3 want it so. */
function canonicalPath(path: string): string {
  return path.split('/').map(encode).join('/')
}

function canonicalQuery(query: URLSearchParams): string {
  return [...query]
    .map(([name, value]): [string, string] => [encode(name), encode(value)])
    .toSorted((a, b) => byName(a, b) || compare(a[1], b[1]))
    .map(([name, value]) => `${name}=${value}`)
    .join('&')
}

/** Everything but the unreserved characters of RFC 3986; `encodeURIComponent` leaves a few more as they are. */
function encode(text: string): string {
  return encodeURIComponent(text).replaceAll(
    /[!'()*]/g,
    (character) => `%${character.charCodeAt(0).toString(16).toUpperCase()}`,
  )
}

function byName(a: readonly [string, string], b: readonly [string, string]): number {
  return compare(a[0], b[0])
}

/** By code units, as AWS sorts; a locale would sort otherwise. */
function compare(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}

function sha256(text: string | Buffer): string {
  return createHash('sha256').update(text).digest('hex')
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
