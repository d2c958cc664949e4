/** Carries one streamed answer from provider to client: frames, decoder, guard, encoder, back-pressure, endings. */

import type { Clock } from '../core/clock.ts'
import type { AnswerCheck } from '../core/contract.ts'
import { GatewayError } from '../core/error.ts'
import type { GenEvent } from '../core/event.ts'
import type { Interrupt } from '../core/interrupt.ts'
import type { Dialect, EncodeContext, Machine, Patch } from '../dialects/dialect.ts'
import { createFrameParser } from '../framing/frame-parser.ts'
import type { Frame, FrameParser } from '../framing/frame.ts'
import type { FrameWriter, StreamFraming } from '../framing/stream-framing.ts'
import type { Target } from '../providers/provider.ts'
import { TerminalGuard } from './guard.ts'
import { ClientEnd } from './client-end.ts'
import type { Continuation } from './continuation.ts'
import { Heard } from './heard.ts'
import type { Account, AttemptResult } from './operation.ts'
import type { Outlet } from './outlet.ts'
import type { PumpMode } from './pump-mode.ts'
import type { SendOptions, Sender } from './send.ts'
import type { Receiver, ResponseHeaders, UpstreamCall } from './upstream-call.ts'
import {
  contentEncodingFault,
  contentKind,
  decodeWhole,
  errorOf,
  requestIdOf,
  sizeFault,
  unreadable,
} from './whole.ts'
import { holdsCredential, withoutCredential } from './without-credential.ts'

export interface PumpOptions {
  readonly source: Dialect
  readonly client: Dialect
  readonly mode: PumpMode
  /** Leave out frames that carry nothing but usage: Weir asked for them, the client did not. */
  readonly withholdUsage: boolean
  readonly responsePatch: Patch | undefined
  readonly eventPatch: Patch | undefined
  readonly context: EncodeContext
  readonly framing: StreamFraming
  /** Deltas after which an answer is cut, because it can no longer be within the output limit that was set. */
  readonly maxDeltas: number
  /** A client that leaves does not stop the bill: read on, bounded, so that the usage is known. */
  readonly drainWhenGone: boolean
  /** Asked for when the answer begins. */
  readonly headers: () => Readonly<Record<string, string>>
  readonly outlet: Outlet
  readonly interrupt: Interrupt
  readonly account: Account
  readonly clock: Clock
  readonly dropped: readonly string[]
  /** Stands between the guard and the encoder, and may hold back, change or end the answer. Only with `translate`. */
  readonly check?: AnswerCheck
  /** Where the answer may be continued after it breaks, or continues one that broke. Only with `translate`. */
  readonly continuation?: Continuation | undefined
  /** What is told, in a comment, where a continuation begins. One line. */
  readonly seam?: string
  /** Sees every event of the answer that the client gets. */
  readonly onEvent?: (event: GenEvent) => void
}

/** Sends the request and pumps its answer. Resolves when both sides have ended; never rejects. */
export function pump(sender: Sender, request: SendOptions, options: PumpOptions): Promise<AttemptResult> {
  const stream = new StreamPump(options)
  return stream.run(sender, request)
}

/** Long, and in one piece: its parts share the state of one answer, and each frame passes through them without a hop. */
class StreamPump implements Receiver {
  readonly #options: PumpOptions
  readonly #done = Promise.withResolvers<AttemptResult>()
  readonly #framer: FrameParser
  readonly #decoder: Machine<Frame, GenEvent>
  readonly #guard = new TerminalGuard()
  readonly #writer: FrameWriter
  #encoder: Machine<GenEvent, Frame> | undefined
  readonly #heard: Heard
  readonly #clientEnd: ClientEnd
  #call!: UpstreamCall
  #target!: Target

  #status: number | undefined
  #headers: ResponseHeaders = {}
  #headersMs: number | undefined
  /** Collected bytes of an answer that is not a stream; undefined while streaming. */
  #body: Buffer[] | undefined
  #bodyBytes = 0

  #isEnding = false
  #sawTerminator = false
  #failure: GatewayError | undefined
  /** The client has the failure from the provider's own words. */
  #isFailureTold = false

  constructor(options: PumpOptions) {
    this.#options = options
    this.#writer = options.continuation?.writer ?? options.framing.writer()
    this.#framer = createFrameParser(options.source.framing ?? 'sse')
    this.#decoder = options.source.stream.decoder(options.eventPatch)
    if (options.mode === 'translate')
      this.#encoder = options.continuation?.encoder ?? options.client.stream.encoder(options.context)
    const { clock, account, maxDeltas, outlet } = options
    this.#heard = new Heard({ clock, account, maxDeltas, onContent: () => this.#call.contentArrived() })
    this.#clientEnd = new ClientEnd({ outlet, begin: () => this.#begin() })
  }

  run(sender: Sender, request: SendOptions): Promise<AttemptResult> {
    this.#target = request.target
    this.#call = sender.send(request, this)
    this.#options.interrupt.on((reason) => this.#interrupted(reason))
    this.#clientEnd.follow(this.#call)
    return this.#done.promise
  }

  // -- the provider's side

  onHeaders(status: number, headers: ResponseHeaders): void {
    this.#status = status
    this.#headers = headers
    this.#headersMs = this.#options.clock.monotonicMs()
    const fault = contentEncodingFault(headers)
    if (fault) this.#call.abort(fault)
    else if (status >= 300 || contentKind(headers) === 'json') this.#body = []
    else if (contentKind(headers) === 'other') {
      this.#call.abort(new GatewayError('upstream_protocol', 'The provider answered with a web page.'))
    }
  }

  onData(chunk: Buffer): void {
    if (this.#body) this.#collect(this.#body, chunk)
    else if (!this.#isEnding) this.#stream(chunk)
  }

  onEnd(): void {
    if (this.#body) this.#endWhole()
    else this.#endStream()
  }

  onFault(error: GatewayError): void {
    if (this.#guard.isComplete && error.code !== 'client_gone') this.#endStream() // it was whole; the connection's end is no news
    else this.#fail(error)
  }

  // -- an answer that is not a stream

  #collect(body: Buffer[], chunk: Buffer): void {
    this.#bodyBytes += chunk.length
    const fault = sizeFault(this.#status!, this.#bodyBytes)
    if (fault) this.#call.abort(fault)
    else body.push(chunk)
  }

  #endWhole(): void {
    const { source, responsePatch, eventPatch, client, context, clock } = this.#options
    const status = this.#status!
    const body = Buffer.concat(this.#body!)
    if (status >= 300) {
      this.#fail(errorOf(source.error.decode, { status, headers: this.#headers, body }, clock.nowMs()))
      return
    }
    // The provider was asked to stream and did not: what it said is still an answer.
    this.#encoder ??= client.stream.encoder(context)
    let text = ''
    for (const event of decodeWhole(
      source,
      { phase: 'answered', headers: this.#headers, body },
      responsePatch,
      eventPatch,
    )) {
      this.#note(event)
      if (!this.#failure) text += this.#pass(event)
    }
    this.#endAnswer(text, true)
  }

  // -- a stream

  #stream(chunk: Buffer): void {
    if (this.#options.mode === 'bytes') this.#streamBytes(chunk)
    else {
      let text = ''
      try {
        for (const frame of this.#framer.push(chunk)) {
          text += this.#take(frame)
          if (this.#failure) break
        }
      } catch (error) {
        this.#failure = unreadable(error)
      }
      if (text !== '') this.#emit(text)
    }
    if (this.#failure) this.#call.abort(this.#failure)
  }

  /**
   * Bytes pass untouched from one end of a frame to another. What fails in the middle of a frame must not have
   * begun it for the client, who would read the telling of the failure as the rest of it.
   */
  #streamBytes(chunk: Buffer): void {
    const beganWithin = this.#framer.hasPartial
    const wasComplete = this.#guard.isComplete
    const passing: Frame[] = []
    let frames: readonly Frame[] = []
    try {
      frames = this.#framer.push(chunk)
      for (const frame of frames) {
        if (this.#mayPass(frame)) passing.push(frame)
        if (this.#failure) break
      }
    } catch (error) {
      this.#failure = unreadable(error)
    }
    const isUntouched = !beganWithin && !this.#framer.hasPartial && passing.length === frames.length
    if (!isUntouched || this.#failure) {
      if (passing.length > 0) this.#emit(passing.map((frame) => this.#writer.text(frame)).join(''))
    } else if (passing.length > 0 || !wasComplete) this.#emit(chunk)
  }

  #mayPass(frame: Frame): boolean {
    const wasComplete = this.#guard.isComplete
    const events = this.#admit(this.#decoder.push(frame))
    if (!this.#failure) return !wasComplete || events.length > 0
    // A provider's own error event is in the client's dialect; what Weir found broken is not passed on, nor is its key.
    this.#isFailureTold =
      this.#clientEnd.isCommitted &&
      this.#failure.upstream !== undefined &&
      !holdsCredential(frame.data, this.#target)
    return this.#isFailureTold
  }

  /** What the client gets for one frame, where frames are looked at or translated. */
  #take(frame: Frame): string {
    const events = this.#admit(this.#decoder.push(frame))
    if (this.#failure) return ''
    if (this.#options.mode === 'frames') return this.#frameToPass(frame, events)
    let text = ''
    for (const event of events) text += this.#pass(event)
    return text
  }

  /** Runs the decoded events of one frame through the guard and takes note of them. */
  #admit(decoded: readonly GenEvent[]): readonly GenEvent[] {
    if (decoded.length === 0) return decoded
    const events: GenEvent[] = []
    let isNoise = false
    for (const candidate of decoded) {
      if (this.#guard.admits(candidate)) events.push(candidate)
      else isNoise ||= isContent(candidate)
    }
    // Content after the end brings usage that is as wrong as itself.
    const kept = isNoise ? events.filter((event) => event.type !== 'usage') : events
    for (const event of kept) this.#note(event)
    return kept
  }

  #note(event: GenEvent): void {
    if (!this.#options.check) this.#options.onEvent?.(event)
    this.#failure = this.#heard.note(event) ?? this.#failure
  }

  #frameToPass(frame: Frame, events: readonly GenEvent[]): string {
    const { withholdUsage, client } = this.#options
    if (frame.data === client.terminator) {
      // It proves nothing by itself: it is passed on only behind a finish.
      if (!this.#guard.isComplete || this.#sawTerminator) return ''
      this.#sawTerminator = true
      return this.#writer.text(frame)
    }
    if (events.length === 0 && this.#guard.isComplete) return '' // noise after the end
    const isUsageOnly = events.length === 1 && events[0]!.type === 'usage'
    return withholdUsage && isUsageOnly ? '' : this.#writer.text(frame)
  }

  /** What the client gets of an event: where there is a check, what that makes of it. */
  #pass(event: GenEvent): string {
    const { check } = this.#options
    return check ? this.#encodeAll(check.push(event)) : this.#encode(event)
  }

  #encodeAll(events: readonly GenEvent[]): string {
    let text = ''
    for (const event of events) {
      if (event.type === 'fail') {
        this.#failure ??= event.error
        return text
      }
      this.#options.onEvent?.(event)
      text += this.#encode(event)
    }
    return text
  }

  #encode(event: GenEvent): string {
    const { continuation } = this.#options
    if (continuation === undefined) return this.#encodeOne(event)
    return continuation
      .pass(event)
      .map((passed) => this.#encodeOne(passed))
      .join('')
  }

  #encodeOne(event: GenEvent): string {
    let text = ''
    for (const frame of this.#encoder!.push(event)) text += this.#writer.text(frame)
    return text
  }

  #endEncoder(): string {
    let text = ''
    for (const frame of this.#encoder!.end()) text += this.#writer.text(frame)
    return text
  }

  #endStream(): void {
    const { mode } = this.#options
    let text = ''
    try {
      const late: GenEvent[] = []
      for (const frame of this.#framer.end()) late.push(...this.#admit(this.#decoder.push(frame)))
      late.push(...this.#admit(this.#decoder.end()))
      for (const event of this.#guard.end()) this.#note(event)
      if (mode === 'translate' && !this.#failure) for (const event of late) text += this.#pass(event)
    } catch (error) {
      this.#failure = unreadable(error)
    }
    this.#endAnswer(text, this.#guard.isComplete)
  }

  /** `text` is what has come since the last piece went out. */
  #endAnswer(text: string, isWhole: boolean): void {
    const { check } = this.#options
    if (this.#failure) this.#fail(this.#failure)
    else if (check) void this.#endChecked(check, text, isWhole)
    else this.#finishAnswer(text, isWhole)
  }

  async #endChecked(check: AnswerCheck, text: string, isWhole: boolean): Promise<void> {
    let last = ''
    try {
      last = this.#encodeAll(await check.end())
    } catch (error) {
      this.#failure = unreadable(error)
    }
    if (this.#failure) this.#end(this.#failure, isWhole)
    else this.#finishAnswer(text + last, isWhole)
  }

  #finishAnswer(rest: string, isWhole: boolean): void {
    const { mode, client } = this.#options
    let text = rest
    if (this.#encoder) text += this.#endEncoder()
    else if (mode === 'frames' && client.terminator !== undefined && !this.#sawTerminator) {
      text += this.#writer.text({ data: client.terminator })
    }
    this.#succeed(text, isWhole)
  }

  // -- the client's side

  #emit(output: string | Buffer): void {
    this.#clientEnd.hold(output)
    const isSilent = this.#heard.firstTokenMs === undefined
    if (isSilent || this.#failure || this.#options.check?.isHolding) return
    if (this.#guard.isComplete) this.#clientEnd.flushSoon()
    else this.#clientEnd.flush()
  }

  #begin(): string {
    const { outlet, continuation, seam = '', headers } = this.#options
    if (continuation?.hasBroken) return this.#writer.comment(seam)
    outlet.begin(200, headers())
    return ''
  }

  #interrupted(reason: GatewayError): void {
    if (this.#isEnding) return
    if (reason.code === 'client_gone' && this.#options.drainWhenGone) {
      this.#clientEnd.isDraining = true
      this.#call.drain(reason)
    } else this.#call.abort(reason)
  }

  // -- endings

  #succeed(lastOutput: string, isWhole: boolean): void {
    this.#clientEnd.hold(lastOutput)
    this.#end(this.#clientEnd.isDraining ? this.#options.interrupt.reason : undefined, isWhole)
  }

  #fail(error: GatewayError): void {
    this.#end(error, this.#guard.isComplete)
  }

  /** The one way out: what the answer cost is in the ledger before the client is shown the end of it. */
  #end(error: GatewayError | undefined, isWhole: boolean): void {
    if (this.#isEnding) return
    this.#isEnding = true
    this.#clientEnd.settle()
    const result = this.#resultOf(error, isWhole)
    const settled = this.#options.account.settle(result)
    if (settled) void settled.then(() => this.#conclude(result))
    else this.#conclude(result)
  }

  #conclude(result: AttemptResult): void {
    const { error } = result
    const { continuation } = this.#options
    const clientEnd = this.#clientEnd
    // What a second target has said is said, however soon it failed.
    if (continuation?.hasBroken && this.#heard.firstTokenMs !== undefined) clientEnd.flush()
    const isEmpty = error === undefined && this.#isEmpty
    if (isEmpty || this.#mayGoOn(error)) {
      if (clientEnd.isCommitted) clientEnd.flush()
      this.#done.resolve({
        ...result,
        isCommitted: clientEnd.isCommitted,
        ...(isEmpty && { isEmpty: true }),
        suspended: { release: () => this.#close(error) },
      })
      return
    }
    this.#close(error)
    this.#done.resolve({ ...result, isCommitted: clientEnd.isCommitted })
  }

  get #isEmpty(): boolean {
    const { check, continuation } = this.#options
    const { isCommitted, isDraining } = this.#clientEnd
    // A continuation that has nothing to add is an answer's end.
    return this.#heard.isEmpty && !isCommitted && !isDraining && !check && !continuation?.hasBroken
  }

  /** Could another target go on with what broke? */
  #mayGoOn(error: GatewayError | undefined): boolean {
    if (error?.rule.blame !== 'upstream' || !this.#clientEnd.isListening) return false
    return this.#options.continuation?.canGoOn === true
  }

  #close(error: GatewayError | undefined): void {
    // A failed answer of which the client has seen nothing leaves it for another target's.
    if (this.#clientEnd.isCommitted || error === undefined) this.#clientEnd.flush()
    if (!this.#clientEnd.isListening) return
    this.#clientEnd.end(error === undefined ? this.#writer.close() : this.#toldFailure(error))
  }

  /** The failure in the client's own dialect; there is no finish and no closing frame. */
  #toldFailure(error: GatewayError): string {
    if (this.#isFailureTold) return ''
    const { client, context } = this.#options
    this.#encoder ??= client.stream.encoder(context)
    const frames = this.#encoder.push({ type: 'fail', error: withoutCredential(error, this.#target) })
    return frames.map((frame) => this.#writer.text(frame)).join('') + this.#writer.close()
  }

  #resultOf(error: GatewayError | undefined, isWhole: boolean): AttemptResult {
    const requestId = requestIdOf(this.#headers)
    const { firstTokenMs, usage, finish, model } = this.#heard
    const { isCommitted, isDraining } = this.#clientEnd
    return {
      phase: this.#call.phase,
      isCommitted,
      isWhole,
      dropped: this.#options.dropped,
      ...(error && { error }),
      ...(isDraining && { isDrained: true }),
      ...(this.#status !== undefined && { status: this.#status }),
      ...(this.#headersMs !== undefined && { headersMs: this.#headersMs }),
      ...(firstTokenMs !== undefined && { firstTokenMs }),
      ...(requestId !== undefined && { upstreamRequestId: requestId }),
      ...(usage && { usage }),
      received: () => this.#heard.received(),
      ...(finish !== undefined && { finish }),
      ...(model !== undefined && { reportedModel: model }),
    }
  }
}

function isContent({ type }: GenEvent): boolean {
  return type === 'block-start' || type === 'block-delta'
}
