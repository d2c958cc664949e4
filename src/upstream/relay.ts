/** Passes a provider's answer on as it is: status, allowed headers and bytes, with back-pressure and a tap beside. */

import { GatewayError } from '../core/error.ts'
import { connectionNames } from './connection-names.ts'
import { CredentialMask } from './credential-mask.ts'
import type { AttemptContext, AttemptResult } from './operation.ts'
import type { SendOptions } from './send.ts'
import type { Receiver, ResponseHeaders, UpstreamCall } from './upstream-call.ts'
import type { OpenTap, UsageTap } from './usage-tap.ts'
import { contentEncodingFault, errorOf, requestIdOf, sizeFault } from './whole.ts'
import { secretsOf } from './without-credential.ts'

export interface RelayOptions {
  readonly decodeError: (status: number, body: string) => GatewayError
  /**
   * `told`: a provider's error is decoded, may lead to another target, and is told in the client's dialect.
   * `passed`: it is the client's, as the provider wrote it, but for those that are about the gateway's credential.
   */
  readonly errors: 'told' | 'passed'
  readonly openTap: OpenTap | undefined
  readonly dropped: readonly string[]
}

/** Of all that a provider may answer with, the headers that describe the body itself. */
const answerHeaders = ['content-type', 'content-length', 'content-disposition', 'retry-after'] as const

/** What a browser may do with an answer that comes from elsewhere but shares an origin with the dashboard: nothing. */
const guardHeaders = {
  'x-content-type-options': 'nosniff',
  'content-security-policy': "default-src 'none'; sandbox",
}

const maxToldBytes = 64 * 1024

/** Sends the request and relays its answer. Resolves when both sides have ended; never rejects. */
export function relay(
  request: SendOptions,
  options: RelayOptions,
  context: AttemptContext,
): Promise<AttemptResult> {
  return new Relay(request, options, context).run(request)
}

class Relay implements Receiver {
  readonly #request: SendOptions
  readonly #options: RelayOptions
  readonly #context: AttemptContext
  readonly #done = Promise.withResolvers<AttemptResult>()
  #call!: UpstreamCall
  #status: number | undefined
  #headers: ResponseHeaders = {}
  #headersMs: number | undefined
  #firstByteMs: number | undefined
  /** The beginning of an error answer; undefined for an answer that is none. */
  #errorBody: Buffer[] | undefined
  #errorBytes = 0
  #tap: UsageTap | undefined
  /** What passes as the provider wrote it may repeat the key that it was sent. */
  #mask: CredentialMask | undefined
  #isCommitted = false
  #isEnding = false
  /** The last bytes of an answer: the client gets them when what it cost is in the ledger. */
  readonly #keptBack: Buffer[] = []
  #bytesToCome: number | undefined

  constructor(request: SendOptions, options: RelayOptions, context: AttemptContext) {
    this.#request = request
    this.#options = options
    this.#context = context
  }

  run(request: SendOptions): Promise<AttemptResult> {
    const { sender, interrupt, outlet } = this.#context
    this.#call = sender.send(request, this)
    interrupt.on((reason) => this.#call.abort(reason))
    outlet.onDrain(() => this.#call.resume())
    return this.#done.promise
  }

  // -- the provider's side

  onHeaders(status: number, headers: ResponseHeaders): void {
    this.#status = status
    this.#headers = headers
    this.#headersMs = this.#context.clock.monotonicMs()
    const length = headers['content-length']
    if (typeof length === 'string') this.#bytesToCome = Number(length)
    if (status >= 300) this.#errorBody = []
    else this.#tap = this.#options.openTap?.(headers)
    const fault = contentEncodingFault(headers) ?? this.#webPageFault(status, headers)
    if (fault) this.#call.abort(fault)
    else if (this.#passes(status)) this.#commit(status)
  }

  onData(chunk: Buffer): void {
    if (this.#isEnding) return
    this.#firstByteMs ??= this.#context.clock.monotonicMs()
    this.#call.contentArrived()
    if (this.#errorBody) this.#keepError(this.#errorBody, chunk)
    this.#tap?.push(chunk)
    if (this.#isCommitted) this.#pass(chunk)
  }

  onEnd(): void {
    this.#end(this.#toldError(), true)
  }

  onFault(error: GatewayError): void {
    this.#end(error, false)
  }

  /** An address that serves pages is not that of a route of OpenAI's, whatever its status. */
  #webPageFault(status: number, headers: ResponseHeaders): GatewayError | undefined {
    const isPage = status < 300 && String(headers['content-type'] ?? '').startsWith('text/html')
    if (!isPage || this.#options.errors === 'passed') return undefined
    return new GatewayError('upstream_protocol', 'The provider answered with a web page.')
  }

  /** May the client see this answer as the provider wrote it? */
  #passes(status: number): boolean {
    if (status < 300) return true
    const isAboutCredential = status === 401 || status === 403 || status === 407
    return this.#options.errors === 'passed' && status >= 400 && !isAboutCredential
  }

  #keepError(body: Buffer[], chunk: Buffer): void {
    this.#errorBytes += chunk.length
    if (this.#errorBytes <= maxToldBytes) body.push(chunk)
    else if (!this.#isCommitted) this.#call.abort(sizeFault(this.#status!, this.#errorBytes)!)
  }

  #toldError(): GatewayError | undefined {
    if (this.#errorBody === undefined) return undefined
    const body = Buffer.concat(this.#errorBody)
    const { decodeError } = this.#options
    const answer = { status: this.#status!, headers: this.#headers, body }
    const error = errorOf(decodeError, answer, this.#context.clock.nowMs())
    if (!this.#isCommitted) return error
    const { code, message, param, upstream } = error
    return new GatewayError(code, message, {
      status: this.#status!,
      ...(param !== undefined && { param }),
      ...(upstream && { upstream }),
    })
  }

  // -- the client's side

  #commit(status: number): void {
    const { outlet, streamHeaders } = this.#context
    this.#isCommitted = true
    const secrets = secretsOf(this.#request.target)
    if (secrets.length > 0) this.#mask = new CredentialMask(secrets)
    if (outlet.isGone) return
    const headers: Record<string, string> = {
      ...streamHeaders(this.#request.target, this.#options.dropped),
      ...guardHeaders,
    }
    const ofConnection = connectionNames(this.#headers['connection'])
    for (const name of answerHeaders) {
      if (ofConnection.has(name)) continue
      const value = this.#headers[name]
      if (typeof value === 'string' && /^[\t\x20-\x7e]*$/.test(value)) headers[name] = value
    }
    outlet.begin(status, headers)
  }

  /** Bytes go on as they come, but for those with which the client would have the whole answer. */
  #pass(chunk: Buffer): void {
    if (this.#bytesToCome !== undefined) this.#bytesToCome -= chunk.length
    const isLast = this.#bytesToCome !== undefined && this.#bytesToCome <= 0
    const bytes = this.#mask ? this.#mask.push(chunk) : chunk
    if (isLast || this.#tap?.isComplete === true) this.#keptBack.push(bytes)
    else this.#write(bytes)
  }

  #write(chunk: Buffer): void {
    const { outlet } = this.#context
    if (chunk.length > 0 && !outlet.isGone && !outlet.write(chunk)) this.#call.pause()
  }

  /** The one way out: what the answer cost is in the ledger before the client is shown the end of it. */
  #end(error: GatewayError | undefined, isWhole: boolean): void {
    if (this.#isEnding) return
    this.#isEnding = true
    const result = this.#resultOf(error, isWhole)
    const settled = this.#context.account.settle(result)
    if (settled) void settled.then(() => this.#close(result, isWhole))
    else this.#close(result, isWhole)
  }

  #close(result: AttemptResult, isWhole: boolean): void {
    const { outlet } = this.#context
    if (this.#isCommitted && isWhole && !outlet.isGone) {
      for (const chunk of this.#keptBack) outlet.write(chunk)
      const rest = this.#mask?.end()
      if (rest && rest.length > 0) outlet.write(rest)
      outlet.end()
    } else if (this.#isCommitted) outlet.destroy() // no form of what has begun has a place for the gateway's words
    this.#done.resolve(result)
  }

  #resultOf(error: GatewayError | undefined, isWhole: boolean): AttemptResult {
    const requestId = requestIdOf(this.#headers)
    return {
      phase: this.#call.phase,
      isCommitted: this.#isCommitted,
      isWhole,
      headers: this.#headers,
      dropped: this.#options.dropped,
      ...this.#tap?.end(),
      ...(error && { error }),
      ...(this.#status !== undefined && { status: this.#status }),
      ...(this.#headersMs !== undefined && { headersMs: this.#headersMs }),
      ...(this.#firstByteMs !== undefined && { firstTokenMs: this.#firstByteMs }),
      ...(requestId !== undefined && { upstreamRequestId: requestId }),
    }
  }
}
