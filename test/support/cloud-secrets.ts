/** Servers that speak the secret services of AWS, Google and Azure on loopback, and check who asks as those document it. */

import { createHash, createHmac, createPublicKey, type KeyObject, randomUUID, verify } from 'node:crypto'
import { once } from 'node:events'
import { createServer, type IncomingHttpHeaders } from 'node:http'
import type { AddressInfo } from 'node:net'
import { text } from 'node:stream/consumers'
import { SignatureV4 } from '@smithy/signature-v4'
import { asObject, asString, type JsonObject, parseJson } from '../../src/core/json.ts'
import type { Lifetime } from './stack.ts'

export interface Request {
  readonly method: string
  readonly url: URL
  readonly headers: IncomingHttpHeaders
  readonly body: string
}

export type Reply = readonly [status: number, body: JsonObject]

export async function startJsonServer(
  t: Lifetime,
  answer: (request: Request) => Reply | Promise<Reply>,
): Promise<string> {
  const server = createServer((request, response) => {
    void text(request)
      .then((body) => {
        const { method = '', headers, url = '' } = request
        return answer({ method, headers, body, url: new URL(url, `http://${headers.host}`) })
      })
      .then(([status, body]) =>
        response.writeHead(status, { 'content-type': 'application/json' }).end(JSON.stringify(body)),
      )
  })
  server.listen(0, '127.0.0.1')
  await once(server, 'listening')
  t.after(async () => {
    server.closeAllConnections()
    await new Promise<void>((resolve) => server.close(() => resolve()))
  })
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`
}

/** The hash that the official signer wants handed in. */
class Sha256 {
  readonly #hash

  constructor(secret?: string | ArrayBuffer | ArrayBufferView) {
    const key = typeof secret === 'string' ? secret : secret && Buffer.from(secret as Uint8Array)
    this.#hash = key === undefined ? createHash('sha256') : createHmac('sha256', key)
  }

  update(data: string | ArrayBuffer | ArrayBufferView): void {
    this.#hash.update(typeof data === 'string' ? data : Buffer.from(data as Uint8Array))
  }

  digest(): Promise<Uint8Array> {
    return Promise.resolve(this.#hash.digest())
  }

  reset(): void {}
}

export interface AwsIdentity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/** Who signed, for which region and service; or the answer to a signature that is not the official signer's. */
export async function judgeAws(
  { method, url: target, headers, body }: Request,
  identity: AwsIdentity,
): Promise<{ region: string; service: string } | Reply> {
  const authorization = headers.authorization ?? ''
  const [, region, service] = /Credential=[^/]+\/\d{8}\/([\w-]+)\/([\w-]+)\//.exec(authorization) ?? []
  const signed = /SignedHeaders=([\w;-]+)/.exec(authorization)?.[1]?.split(';') ?? []
  const date = /^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/.exec(String(headers['x-amz-date']))
  if (region === undefined || service === undefined || !date) return awsFault('IncompleteSignature')
  const [, year, month, day, hour, minute, second] = date
  const signer = new SignatureV4({
    credentials: identity,
    region,
    service,
    sha256: Sha256,
    applyChecksum: false,
  })
  const expected = await signer.sign(
    {
      method,
      protocol: 'http:',
      hostname: target.hostname,
      port: Number(target.port),
      path: target.pathname,
      headers: Object.fromEntries(
        signed
          .filter((name) => name !== 'x-amz-date' && name !== 'x-amz-security-token')
          .map((name) => [name, String(headers[name])]),
      ),
      body,
    },
    { signingDate: new Date(`${year}-${month}-${day}T${hour}:${minute}:${second}Z`) },
  )
  const signatureOf = (value: string | undefined) => /Signature=([0-9a-f]{64})/.exec(value ?? '')?.[1]
  if (signatureOf(expected.headers['authorization']) !== signatureOf(authorization)) {
    return awsFault('InvalidSignatureException')
  }
  if (!signed.includes('host') || !signed.includes('x-amz-target')) return awsFault('IncompleteSignature')
  if (headers['content-type'] !== 'application/x-amz-json-1.1') return awsFault('SerializationException')
  return { region, service }
}

/** Secrets Manager and Parameter Store. Signatures are made again by the official signer, and compared. */
export async function startAws(
  t: Lifetime,
  identity: AwsIdentity,
  values: Readonly<Record<string, string>>,
): Promise<{ url: string; scopes: string[] }> {
  const scopes: string[] = []
  const url = await startJsonServer(t, async (request) => {
    const judged = await judgeAws(request, identity)
    if (!('service' in judged)) return judged
    const { region, service } = judged
    scopes.push(`${region}/${service}`)
    const target = request.headers['x-amz-target']
    const wish = asObject(parseJson(request.body))
    if (target === 'secretsmanager.GetSecretValue' && service === 'secretsmanager') {
      const id = asString(wish?.['SecretId']) ?? ''
      const value = values[id]
      if (value === undefined) return awsFault('ResourceNotFoundException')
      if (id.startsWith('binary')) return [200, { SecretBinary: Buffer.from(value).toString('base64') }]
      return [
        200,
        { ARN: `arn:aws:secretsmanager:x:1:secret:${id}`, SecretString: value, VersionId: randomUUID() },
      ]
    }
    if (target === 'AmazonSSM.GetParameter' && service === 'ssm') {
      const name = asString(wish?.['Name']) ?? ''
      const value = values[name]
      if (value === undefined || wish?.['WithDecryption'] !== true) return awsFault('ParameterNotFound')
      return [200, { Parameter: { Name: name, Type: 'SecureString', Value: value, Version: 1 } }]
    }
    return awsFault('UnknownOperationException')
  })
  return { url, scopes }
}

export function awsFault(type: string): Reply {
  return [400, { __type: `com.amazonaws#${type}`, Message: 'a text that nobody should see' }]
}

export interface GoogleServer {
  readonly url: string
  /** Tokens that are good now. */
  readonly tokens: Set<string>
  isCorrupting: boolean
}

/** Google's token endpoint, which checks the assertion's signature and claims; and whether a call has a good token. */
export function createGoogleTokens(account: { readonly email: string; readonly key: KeyObject }) {
  const tokens = new Set<string>()
  return {
    tokens,
    /** Undefined where the call may be answered. */
    judge({ url: target, headers, body }: Request): Reply | undefined {
      if (target.pathname !== '/token') {
        const isGood = tokens.has(headers.authorization?.replace('Bearer ', '') ?? '')
        return isGood ? undefined : [401, { error: { code: 401, status: 'UNAUTHENTICATED' } }]
      }
      const assertion = new URLSearchParams(body).get('assertion') ?? ''
      const [head, payload, signature] = assertion.split('.')
      const claims = asObject(parseJson(Buffer.from(payload ?? '', 'base64url').toString()))
      const isSigned = verify(
        'sha256',
        Buffer.from(`${head}.${payload}`),
        createPublicKey(account.key),
        Buffer.from(signature ?? '', 'base64url'),
      )
      const isMeant = claims?.['iss'] === account.email && claims['aud'] === `${target.origin}/token`
      if (!isSigned || !isMeant) return [400, { error: 'invalid_grant' }]
      const token = `ya29.${randomUUID()}`
      tokens.add(token)
      return [200, { access_token: token, expires_in: 3599, token_type: 'Bearer' }]
    },
  }
}

/** Secret Manager. */
export async function startGoogle(
  t: Lifetime,
  account: { readonly email: string; readonly key: KeyObject },
  values: Readonly<Record<string, string>>,
): Promise<GoogleServer> {
  const { tokens, judge } = createGoogleTokens(account)
  const url = await startJsonServer(t, (request) => {
    const refused = judge(request)
    if (refused) return refused
    const target = request.url
    const name = /^\/v1\/(projects\/.+\/versions\/\w+):access$/.exec(target.pathname)?.[1]
    const value = name === undefined ? undefined : values[name]
    if (value === undefined) return [404, { error: { code: 404, status: 'NOT_FOUND' } }]
    const data = Buffer.from(google.isCorrupting ? `${value}x` : value).toString('base64')
    return [200, { name, payload: { data, dataCrc32c: String(castagnoli(value)) } }]
  })
  const google: GoogleServer = { url, tokens, isCorrupting: false }
  return google
}

/** By table, from the polynomial as the standard writes it: another way than that of the code under test. */
export function castagnoli(value: string | Buffer): number {
  const reverse = (bits: number, width: number) =>
    Number.parseInt(bits.toString(2).padStart(width, '0').split('').toReversed().join(''), 2)
  let crc = 0xffffffffn
  for (const byte of Buffer.from(value as string)) {
    crc ^= BigInt(reverse(byte, 8)) << 24n
    for (let bit = 0; bit < 8; bit++) {
      const top = crc & 0x80000000n
      crc = (crc << 1n) & 0xffffffffn
      if (top) crc ^= 0x1edc6f41n
    }
  }
  return reverse(Number(crc ^ 0xffffffffn), 32)
}

export interface AzureApplication {
  readonly tenantId: string
  readonly clientId: string
  readonly clientSecret: string
}

/** The sign-in of applications, and whether a call has a good token. */
export function createAzureTokens(application: AzureApplication) {
  const tokens = new Set<string>()
  return {
    /** Undefined where the call may be answered. */
    judge({ url: target, headers, body }: Request): Reply | undefined {
      if (target.pathname !== `/${application.tenantId}/oauth2/v2.0/token`) {
        const isGood = tokens.has(headers.authorization?.replace('Bearer ', '') ?? '')
        return isGood ? undefined : [401, { error: { code: 'Unauthorized' } }]
      }
      const form = new URLSearchParams(body)
      const isKnown =
        form.get('grant_type') === 'client_credentials' &&
        form.get('client_id') === application.clientId &&
        form.get('client_secret') === application.clientSecret &&
        form.get('scope') === 'https://vault.azure.net/.default'
      if (!isKnown) return [401, { error: 'invalid_client', error_description: 'AADSTS7000215' }]
      const token = randomUUID()
      tokens.add(token)
      return [200, { token_type: 'Bearer', expires_in: 3599, access_token: token }]
    },
  }
}

/** Key Vault. */
export async function startAzure(
  t: Lifetime,
  application: AzureApplication,
  values: Readonly<Record<string, string>>,
): Promise<string> {
  const { judge } = createAzureTokens(application)
  return startJsonServer(t, (request) => {
    const refused = judge(request)
    if (refused) return refused
    const target = request.url
    if (!target.searchParams.has('api-version')) return [400, { error: { code: 'BadParameter' } }]
    const value = values[target.pathname.replace('/secrets/', '')]
    if (value === undefined) return [404, { error: { code: 'SecretNotFound' } }]
    return [200, { value, id: `https://v.vault.azure.net${target.pathname}`, attributes: { enabled: true } }]
  })
}
