/** Reads secrets of AWS Secrets Manager and the Systems Manager Parameter Store: JSON 1.1, signed. */

import type * as Peer from '@aws-sdk/credential-provider-node'
import { asObject, asString, type JsonObject, parseJson } from '../core/json.ts'
import { Secret } from '../core/secret.ts'
import { malformed, SecretFailure, toFailure } from './failure.ts'
import type { Material, SecretSource, SendRequest } from './port.ts'

/** The headers by which AWS knows who asks. */
export type SignAws = (request: {
  readonly url: URL
  readonly headers: Readonly<Record<string, string>>
  readonly body: string
  readonly region: string
  readonly service: string
}) => Promise<Readonly<Record<string, string>>>

export interface AwsParts {
  readonly region: string
  /** In place of the service's usual address. */
  readonly endpoint?: string
  readonly send: SendRequest
  readonly sign: SignAws
  close(): Promise<void>
}

export interface AwsOperation {
  readonly service: string
  readonly title: string
  readonly target: string
}

interface Operation extends AwsOperation {
  readonly body: (name: string) => JsonObject
  /** The value in the answer. */
  readonly valueOf: (answer: JsonObject) => string | undefined
}

/** https://docs.aws.amazon.com/secretsmanager/latest/apireference/API_GetSecretValue.html */
const getSecretValue: Operation = {
  service: 'secretsmanager',
  title: 'AWS Secrets Manager',
  target: 'secretsmanager.GetSecretValue',
  body: (name) => ({ SecretId: name }),
  valueOf(answer) {
    const binary = asString(answer['SecretBinary'])
    return asString(answer['SecretString']) ?? (binary && Buffer.from(binary, 'base64').toString('utf8'))
  },
}

/** https://docs.aws.amazon.com/systems-manager/latest/APIReference/API_GetParameter.html */
const getParameter: Operation = {
  service: 'ssm',
  title: 'AWS Systems Manager',
  target: 'AmazonSSM.GetParameter',
  body: (name) => ({ Name: name, WithDecryption: true }),
  valueOf: (answer) => asString(asObject(answer['Parameter'])?.['Value']),
}

export function createSecretsManagerSource(parts: AwsParts): SecretSource {
  return createSource(getSecretValue, parts)
}

export function createParameterSource(parts: AwsParts): SecretSource {
  return createSource(getParameter, parts)
}

function createSource(operation: Operation, parts: AwsParts): SecretSource {
  return {
    close: parts.close,
    async read(name): Promise<Material> {
      const answer = await askAws(parts, operation, name, operation.body(name))
      const value = operation.valueOf(answer)
      if (!value) throw failureOf(operation.title, { status: 200, body: '' }, name)
      return { content: new Secret(value) }
    },
  }
}

/** What one of AWS's services answers about the thing of this name, or ARN. Throws SecretFailure where it refuses. */
export async function askAws(
  { region, endpoint, send, sign }: AwsParts,
  { service, title, target }: AwsOperation,
  name: string,
  wish: JsonObject,
): Promise<JsonObject> {
  const ofName = /^arn:[\w-]+:\w+:([\w-]+):/.exec(name)?.[1] ?? region
  const url = new URL(endpoint ?? usualAddress(service, ofName))
  const body = JSON.stringify(wish)
  const headers = { 'content-type': 'application/x-amz-json-1.1', 'x-amz-target': target }
  try {
    const proof = await sign({ url, headers, body, region: ofName, service })
    const answer = await send({ method: 'POST', url: url.href, headers: { ...headers, ...proof }, body })
    if (answer.status !== 200) throw failureOf(title, answer, name)
    const said = asObject(parseJson(answer.body))
    if (!said) throw malformed(title, `asked for ${name}`)
    return said
  } catch (cause) {
    throw toFailure(cause, title)
  }
}

function usualAddress(service: string, region: string): string {
  return `https://${service}.${region}.amazonaws.com${region.startsWith('cn-') ? '.cn' : ''}/`
}

const absent: ReadonlySet<string> = new Set([
  'ResourceNotFoundException',
  'ParameterNotFound',
  'ParameterVersionNotFound',
  'NotFoundException',
])

function failureOf(title: string, answer: { status: number; body: string }, name: string): SecretFailure {
  const body = asObject(parseJson(answer.body))
  // `prefix#Name` in some services. No other text of the answer is shown.
  const type = asString(body?.['__type'])?.split('#').at(-1) ?? ''
  const code = /^\w{1,80}$/.test(type) ? `${answer.status} ${type}` : String(answer.status)
  const said = `${title} answered ${code} for ${name}`
  if (answer.status === 200 || absent.has(type)) {
    return new SecretFailure('absent', said, 'Check the name, the region and the account.')
  }
  const isPassing = /Throttl|TooManyRequests|RequestLimit/.test(type) || answer.status === 429
  if (answer.status >= 500 || isPassing) {
    return new SecretFailure('unavailable', said, 'Look at the health of the service and its quotas.')
  }
  return new SecretFailure(
    'denied',
    said,
    'Check the credentials, their policy and the clock of this machine.',
  )
}

/** What the standard chain of credential providers gives. */
export interface AwsIdentity {
  readonly accessKeyId: string
  readonly secretAccessKey: string
  readonly sessionToken?: string
}

/**
 * Credentials as every AWS tool finds them: environment, profiles, single sign-on, web identity, containers,
 * instances. The package is imported by the first call, and keeps and renews what it found.
 */
export function createAwsChain(): () => Promise<AwsIdentity> {
  let provider: ReturnType<typeof Peer.defaultProvider> | undefined
  return async () => {
    provider ??= (await importPeer()).defaultProvider()
    try {
      return await provider()
    } catch (cause) {
      const mend = 'Set `accessKeyId` and `secretAccessKey` under `secrets.aws`, or give the machine a role.'
      throw new SecretFailure('denied', 'no AWS credentials were found', mend, cause)
    }
  }
}

async function importPeer(): Promise<typeof Peer> {
  try {
    return await import('@aws-sdk/credential-provider-node')
  } catch (cause) {
    const mend = 'Run `npm install @aws-sdk/credential-provider-node`, or set `secrets.aws.accessKeyId`.'
    throw new SecretFailure('denied', 'the package that finds AWS credentials is not installed', mend, cause)
  }
}
