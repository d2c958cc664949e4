/** The operation that calls a provider's own API: any path and method, as the client wrote them, within its address. */

import { GatewayError } from '../core/error.ts'
import type { DialectId } from '../core/event.ts'
import { isObject } from '../core/json.ts'
import { dialects } from '../dialects/registry.ts'
import type { Provider, Target } from '../providers/provider.ts'
import { connectionNames } from './connection-names.ts'
import { type Content, type RawBody, rawRequest, readContent, saidIn, withUsage } from './forward.ts'
import { innerModelsOf } from './inner-models.ts'
import type { AttemptContext, AttemptResult, Call } from './operation.ts'
import { relay } from './relay.ts'
import { openDialectTap, openPlainTap, type OpenTap } from './usage-tap.ts'

export interface ProviderRequest {
  /** The provider's name in the configuration. */
  readonly provider: string
  readonly method: string
  /** What follows the provider's name, from its slash on; not decoded. */
  readonly path: string
  /** As it was sent, without the question mark. */
  readonly query: string
  /** The value of a request header, by its lower-case name. */
  header(name: string): string | undefined
  readonly body: RawBody
}

/** The methods that are passed on. */
export const providerApiMethods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'] as const

/**
 * Reads a request to a provider's own API. Where the path is one that is known to serve the one model that it or
 * the body names, the key must be allowed that model; anywhere else it must be allowed all of the provider's
 * (`name/*`), because nothing says what the request touches. Throws `invalid_request`.
 */
export function openProviderCall(request: ProviderRequest): Call {
  const path = checkedPath(request.path)
  const query = checkedQuery(request.query)
  const known = request.method === 'POST' ? knownOperation(path) : undefined
  const { body } = request
  const content = readContent(body)
  const model = known && (known.model ?? content.model)
  return {
    model: `${request.provider}/${model === undefined || model === '' ? '*' : model}`,
    stream: known?.streams ?? content.stream,
    ...(content.user !== undefined && { user: content.user }),
    ...(body.kind === 'json' && { innerModels: () => innerModelsOf(body.value) }),
    said: () => saidIn(body),
    attempt(target, context) {
      // A name that no provider has may begin the name of another's model.
      if (target.provider.name !== request.provider) {
        throw new GatewayError('not_found', `No provider is configured as \`${request.provider}\`.`)
      }
      return attempt({ request, path, query, known, content }, target, context)
    },
  }
}

interface Opened {
  readonly request: ProviderRequest
  readonly path: string
  readonly query: string
  readonly known: KnownOperation | undefined
  readonly content: Content
}

function attempt(
  { request, path, query, known, content }: Opened,
  target: Target,
  context: AttemptContext,
): Promise<AttemptResult> {
  const { provider } = target
  const below = belowBase(path, provider.baseUrl)
  const dialect = known?.dialect && provider.spec.dialects.includes(known.dialect) ? known.dialect : undefined
  const ofConnection = connectionNames(request.header('connection'))
  const names = ['accept', ...(provider.spec.passes ?? [])].filter((name) => !ofConnection.has(name))
  const headers = Object.fromEntries(names.map((name) => [name, request.header(name)]))
  return relay(
    {
      target,
      path: query === '' ? below : `${below}?${query}`,
      body: bodyOf(request.body, content, dialect),
      stream: known?.streams ?? content.stream,
      raw: rawRequest(request.method, { ...headers, 'content-type': content.contentType }),
    },
    {
      decodeError: dialects[dialect ?? provider.spec.dialects[0]].error.decode,
      errors: 'passed',
      openTap: known && tapOf(provider, dialect),
      dropped: [],
    },
    context,
  )
}

function tapOf(provider: Provider, dialect: DialectId | undefined): OpenTap {
  if (dialect === undefined) return openPlainTap
  return openDialectTap(dialects[dialect], provider.responsePatch, provider.eventPatch)
}

function bodyOf(body: RawBody, content: Content, dialect: DialectId | undefined): string | Buffer {
  const asksForUsage = dialect !== undefined && dialects[dialect].forcesUsage === true && content.stream
  if (!asksForUsage || body.kind !== 'json' || !isObject(body.value)) return content.bytes()
  return JSON.stringify(withUsage(body.value))
}

// -- the address

/** RFC 3986's characters of a path, in segments that are not empty. */
const plainPath = /^(?:\/(?:[A-Za-z0-9._~!$&'()*+,=:@-]|%[0-9A-Fa-f]{2})+)+\/?$/

/**
 * The path, if every server reads the same one from it: no segment that is or decodes to a step upwards, an empty
 * one, a control character, a backslash, or an encoding of its own. Throws `invalid_request`.
 */
export function checkedPath(path: string): string {
  if (path === '' || path === '/') return ''
  if (!plainPath.test(path) || path.split('/').slice(1).some(isAmbiguous)) throw notPlain('path')
  return path
}

function isAmbiguous(segment: string, index: number, segments: readonly string[]): boolean {
  if (segment === '') return index < segments.length - 1 // a slash at the end
  let decoded: string
  try {
    decoded = decodeURIComponent(segment)
  } catch {
    return true
  }
  if (/[\u0000-\u001f\u007f\\%#?]/.test(decoded)) return true
  return decoded.split('/').some((part) => part === '' || part === '.' || part === '..')
}

/** Spellings of a key in a query, which is the gateway's and goes nowhere else. */
const credentialParameters = /^(?:key|api[-_]?key|access[-_]?token|token|authorization)$/i

/** The query without the caller's credential. Throws `invalid_request` for what no query may hold. */
export function checkedQuery(query: string): string {
  if (!/^[\x21\x24-\x7e]*$/.test(query) || /[\\<>^`{|}]/.test(query)) throw notPlain('query')
  return query
    .split('&')
    .filter((pair) => pair !== '' && !credentialParameters.test(parameterName(pair)))
    .join('&')
}

function parameterName(pair: string): string {
  const [name = ''] = pair.split('=', 1)
  try {
    return decodeURIComponent(name.replaceAll('+', ' ')).trim()
  } catch {
    throw notPlain('query')
  }
}

function notPlain(what: string): GatewayError {
  return new GatewayError('invalid_request', `The ${what} of the provider's API is not a plain one.`)
}

/** SDKs write the version that the address ends with as well: it is not sent twice. */
function belowBase(path: string, { pathname }: URL): string {
  const base = pathname.replace(/\/$/, '')
  return base !== '' && (path === base || path.startsWith(`${base}/`)) ? path.slice(base.length) : path
}

// -- what is known of it

interface KnownOperation {
  /** Absent: an operation whose answers have a plain usage block. */
  readonly dialect?: DialectId
  /** From the path, where it is there; else the body has it. */
  readonly model?: string
  /** From the path, where it is there. */
  readonly streams?: boolean
}

const operations: ReadonlyMap<string, KnownOperation> = new Map<string, KnownOperation>([
  ['/chat/completions', { dialect: 'openai-chat' }],
  ['/responses', { dialect: 'openai-responses' }],
  ['/messages', { dialect: 'anthropic-messages' }],
  ['/completions', {}],
  ['/embeddings', {}],
  ['/moderations', {}],
  ['/images/generations', {}],
  ['/images/edits', {}],
  ['/audio/speech', {}],
  ['/audio/transcriptions', {}],
  ['/audio/translations', {}],
  ['/rerank', {}],
])

/** The operation of a path, its version left out. Only whole paths: below them, anything may be meant. */
function knownOperation(path: string): KnownOperation | undefined {
  const operation = path.replace(/^\/v\d[a-z0-9]*(?=\/)/, '')
  const fixed = operations.get(operation)
  if (fixed) return fixed
  const gemini = /^\/models\/([^/:]+):(generateContent|streamGenerateContent|embedContent|countTokens)$/.exec(
    operation,
  )
  if (gemini) return inPath(gemini, 'gemini', 'streamGenerateContent', gemini[2]!.endsWith('enerateContent'))
  const bedrock = /^\/model\/([^/]+)\/(converse|converse-stream)$/.exec(operation)
  return bedrock ? inPath(bedrock, 'bedrock-converse', 'converse-stream', true) : undefined
}

function inPath(
  [, model, action]: RegExpExecArray,
  dialect: DialectId,
  streaming: string,
  generates: boolean,
): KnownOperation {
  const named = { model: decodeURIComponent(model!), streams: action === streaming }
  return generates ? { ...named, dialect } : named
}
