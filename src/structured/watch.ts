/** Looks at the events of one answer: turns it back into what the client asked for, mends it, and stops what cannot be valid. */

import type { Breach } from '../core/breach.ts'
import type { AnswerCheck, ContractMode, ContractOutcome } from '../core/contract.ts'
import type { GatewayError } from '../core/error.ts'
import type { BlockStart, GenEvent } from '../core/event.ts'
import type { Json } from '../core/json.ts'
import type { CompiledSchema } from '../schema/checker.ts'
import { type RepairLevel, settleText } from './ladder.ts'
import type { Mend } from './mend.ts'
import { JsonScanner } from './scanner.ts'
import type { ToolCheck } from './tool-arguments.ts'

export interface WatchOptions {
  /** What the text of the answer must be. Absent: only tool calls are checked. */
  readonly text?: {
    readonly mode: ContractMode
    readonly compiled: CompiledSchema
    /** The model may call tools in place of an answer. A call of none that was offered is no answer. */
    readonly mayCall: boolean
  }
  readonly tools?: ToolCheck
  readonly repair: RepairLevel
  /** Nothing is sent before the whole answer is known to be valid. */
  readonly holds: boolean
  errorOf(breach: Breach): GatewayError
}

/** The answer of one choice. */
interface Lane {
  readonly choice: number
  /** Of the answer as it came: text, or the arguments of the call that stands for it. */
  raw: string
  /** Text beside a call that stands for the answer: the answer itself, where no call comes. */
  aside: string
  hasCall: boolean
  scanner: JsonScanner | undefined
  /** What was given out of it. */
  shown: string
  /** The number of the block that the client sees it in. */
  block: number | undefined
  /** What is told beside its text before the block has opened. */
  beside: GenEvent[]
  /** The client's own tools were called, or the answer is a refusal: the text is what it is. */
  isFree: boolean
  isRefused: boolean
  finish: (GenEvent & { type: 'finish' }) | undefined
}

/** What becomes of the events of a block. */
type Role =
  | { readonly is: 'answer'; readonly lane: Lane; readonly isCall: boolean }
  | { readonly is: 'passed'; readonly block: number }
  /** A call of the client's tool that waits for its check. */
  | { readonly is: 'held'; readonly events: GenEvent[] }

/** Longer answers cannot be held to a schema. */
const maxTextLength = 8 * 1024 * 1024

export class AnswerWatch implements AnswerCheck {
  outcome: ContractOutcome | undefined
  readonly #options: WatchOptions
  readonly #lanes = new Map<number, Lane>()
  readonly #roles = new Map<number, Role>()
  readonly #calls = new Map<number, { name: string; text: string }>()
  readonly #mends = new Set<Mend>()
  /** What comes behind the first end of a choice waits until all of it is known to be good. */
  #tail: GenEvent[] = []
  #blocks = 0
  #hasShown = false
  #isOver = false
  #isTouched = false

  constructor(options: WatchOptions) {
    this.#options = options
    this.#isTouched = options.text?.mode === 'tool'
  }

  get isHolding(): boolean {
    return !this.#isOver && (this.#options.holds || !this.#hasShown)
  }

  get isUntouched(): boolean {
    return !this.#isTouched && this.#mends.size === 0
  }

  push(event: GenEvent): readonly GenEvent[] {
    if (this.#isOver) return []
    switch (event.type) {
      case 'block-start':
        return this.#start(event)
      case 'block-delta':
        return this.#delta(event.block, event.text)
      case 'block-end':
      case 'annotation':
      case 'logprobs':
        return this.#besideText(event)
      case 'finish':
        this.#finish(event)
        return []
      case 'usage':
        if (this.#tail.length === 0) return [event]
        this.#tail.push(event)
        return []
      case 'fail':
        this.#isOver = true
        return [event]
      case 'start':
      case 'native':
        return [event]
    }
  }

  end(): readonly GenEvent[] | Promise<readonly GenEvent[]> {
    if (this.#isOver) return []
    return this.#settle()
  }

  // -- blocks

  #start(event: BlockStart): readonly GenEvent[] {
    const { text, tools } = this.#options
    const lane = this.#lane(event.choice)
    if (text && event.kind === 'text' && !lane.isFree) {
      this.#roles.set(event.block, { is: 'answer', lane, isCall: false })
      return []
    }
    if (event.kind === 'tool' && text && !text.mayCall) {
      if (text.mode !== 'tool') return []
      // The one tool that there is stands for the answer.
      lane.hasCall = true
      this.#roles.set(event.block, { is: 'answer', lane, isCall: true })
      return []
    }
    const before: GenEvent[] = []
    if (event.kind === 'tool') {
      this.#calls.set(event.block, { name: event.name, text: '' })
      before.push(...this.#free(lane))
      if (tools?.level === 'enforce' && event.freeform !== true) {
        this.#roles.set(event.block, { is: 'held', events: [event] })
        return before
      }
    } else if (event.kind === 'refusal') lane.isRefused = true
    const block = this.#blocks++
    this.#roles.set(event.block, { is: 'passed', block })
    return [...before, { ...event, block }]
  }

  /** The model does something else than answer: what it has said before is no JSON, and is not judged. */
  #free(lane: Lane): readonly GenEvent[] {
    if (lane.isFree || this.#options.text === undefined) return []
    lane.isFree = true
    return [...this.#show(lane, (lane.raw + lane.aside).slice(lane.shown.length)), ...this.#close(lane)]
  }

  #delta(number: number, text: string): readonly GenEvent[] {
    const role = this.#roles.get(number)
    const call = this.#calls.get(number)
    if (call) call.text += text
    switch (role?.is) {
      case 'passed':
        this.#hasShown = true
        return [{ type: 'block-delta', block: role.block, text }]
      case 'held':
        role.events.push({ type: 'block-delta', block: number, text })
        return []
      case 'answer':
        return this.#read(role.lane, text, role.isCall)
      case undefined:
        return []
    }
  }

  #read(lane: Lane, text: string, isCall: boolean): readonly GenEvent[] {
    const { text: wanted, holds } = this.#options
    if (wanted!.mode === 'tool' && !isCall) {
      lane.aside += text
      return []
    }
    lane.raw += text
    if (lane.raw.length > maxTextLength) {
      return [this.#fail({ kind: 'unchecked', faults: ['the answer is too long'], text: '' })]
    }
    if (lane.isFree) return this.#show(lane, text)
    if (holds) return []
    lane.scanner ??= new JsonScanner({
      schema: wanted!.compiled.schema,
      repair: this.#options.repair,
      showsText: true,
    })
    return this.#scan(lane, lane.scanner, text)
  }

  #scan(lane: Lane, scanner: JsonScanner, text: string): readonly GenEvent[] {
    if (scanner.fault !== undefined) return []
    const ready = scanner.push(text)
    const { fault } = scanner
    if (fault === undefined || (scanner.isSyntaxFault && !scanner.hasReleased)) {
      // Bad writing may be read another way at the end, as long as the client has seen nothing of it.
      return this.#show(lane, ready)
    }
    return [this.#fail({ kind: 'invalid', faults: [fault], text: lane.raw.slice(0, 4_000) })]
  }

  /** More of the text that the client sees. */
  #show(lane: Lane, text: string): readonly GenEvent[] {
    if (text === '') return []
    const { choice } = lane
    const events: GenEvent[] = []
    if (lane.block === undefined) {
      lane.block = this.#blocks++
      events.push({ type: 'block-start', block: lane.block, choice, kind: 'text' })
    }
    lane.shown += text
    this.#hasShown = true
    events.push({ type: 'block-delta', block: lane.block, text })
    events.push(...lane.beside.splice(0).map((event) => ({ ...event, block: lane.block! }) as GenEvent))
    return events
  }

  #close(lane: Lane): readonly GenEvent[] {
    if (lane.block === undefined) return []
    const { block } = lane
    lane.block = undefined
    return [{ type: 'block-end', block }]
  }

  #besideText(event: GenEvent & { type: 'block-end' | 'annotation' | 'logprobs' }): readonly GenEvent[] {
    const role = this.#roles.get(event.block)
    switch (role?.is) {
      case 'passed':
        return [{ ...event, block: role.block }]
      case 'held':
        role.events.push(event)
        return []
      case 'answer': {
        if (event.type === 'block-end') return []
        const { lane } = role
        if (lane.block !== undefined) return [{ ...event, block: lane.block }]
        lane.beside.push(event)
        return []
      }
      case undefined:
        return []
    }
  }

  #finish(event: GenEvent & { type: 'finish' }): void {
    const lane = this.#lane(event.choice)
    lane.finish = event
    if (event.reason === 'refusal' || event.reason === 'content-filter') lane.isRefused = true
    if (event.reason === 'pause') lane.isFree = true
    const mayCall = this.#options.text?.mayCall ?? true
    if (event.reason === 'tool-calls' && mayCall) lane.isFree = true
    // A call that stood for the answer is over: the answer has ended as answers do.
    const isCallEnd = !mayCall && event.reason === 'tool-calls'
    this.#tail.push(isCallEnd ? { ...event, reason: 'stop', native: 'stop' } : event)
  }

  // -- the end

  async #settle(): Promise<readonly GenEvent[]> {
    const out: GenEvent[] = []
    for (const lane of this.#lanes.values()) {
      const breach = await this.#settleLane(lane, out)
      if (breach) return [this.#fail(breach)]
    }
    const faults = await this.#toolFaults()
    if (faults.length > 0 && this.#options.tools!.level === 'enforce') {
      const text = [...this.#calls.values()].map((call) => `${call.name}(${call.text})`).join('\n')
      return [this.#fail({ kind: 'invalid', faults, text: text.slice(0, 4_000) })]
    }
    out.push(...this.#heldCalls())
    this.#isOver = true
    this.outcome = this.#found(faults)
    return [...out, ...this.#tail]
  }

  async #settleLane(lane: Lane, out: GenEvent[]): Promise<Breach | undefined> {
    const { text, repair } = this.#options
    if (text === undefined) return undefined
    const raw = lane.hasCall ? lane.raw : lane.raw + lane.aside
    const isCutByLimit = lane.finish?.reason === 'length'
    if (lane.isFree || lane.isRefused) {
      out.push(...this.#show(lane, raw.slice(lane.shown.length)), ...this.#close(lane))
      return undefined
    }
    if (lane.shown !== '') return this.#settleShown(lane, out, isCutByLimit)
    const settled = await settleText(raw, { compiled: text.compiled, repair, isCutByLimit })
    if (!settled.isValid) return settled.breach
    for (const mend of settled.mends) this.#mends.add(mend)
    out.push(...this.#show(lane, settled.text), ...this.#close(lane))
    return undefined
  }

  /** The beginning has been sent: only what goes on from it can be the answer. */
  async #settleShown(lane: Lane, out: GenEvent[], isCutByLimit: boolean): Promise<Breach | undefined> {
    const { compiled } = this.#options.text!
    const scanner = lane.scanner!
    const rest = scanner.end(true)
    const whole = lane.shown + rest
    const text = lane.raw.slice(0, 4_000)
    const kind = isCutByLimit ? 'length' : 'invalid'
    if (scanner.fault !== undefined) return { kind, faults: [scanner.fault], text }
    const faults = await compiled.check(JSON.parse(whole) as Json, whole)
    if (faults === undefined) return { kind: 'unchecked', faults: ['the check took too long'], text }
    if (faults.length > 0) return { kind, faults, text }
    for (const mend of scanner.mends) this.#mends.add(mend)
    out.push(...this.#show(lane, rest), ...this.#close(lane))
    return undefined
  }

  async #toolFaults(): Promise<string[]> {
    const { tools } = this.#options
    if (tools === undefined) return []
    const faults: string[] = []
    for (const { name, text } of this.#calls.values()) faults.push(...(await tools.faultsOf(name, text)))
    return faults
  }

  #heldCalls(): GenEvent[] {
    const out: GenEvent[] = []
    for (const role of this.#roles.values()) {
      if (role.is !== 'held') continue
      const block = this.#blocks++
      out.push(...role.events.map((event) => ({ ...event, block }) as GenEvent))
    }
    if (out.length > 0) this.#hasShown = true
    return out
  }

  #fail(breach: Breach): GenEvent {
    this.#isOver = true
    const { text } = this.#options
    this.outcome = {
      found: 'invalid',
      mends: [...this.#mends],
      breach,
      ...(text && { mode: text.mode }),
    }
    return { type: 'fail', error: this.#options.errorOf(breach) }
  }

  #found(toolFaults: readonly string[]): ContractOutcome {
    const { text } = this.#options
    const lanes = [...this.#lanes.values()]
    const isMended = [...this.#mends].some((mend) => mend !== 'absent')
    const found = lanes.some((lane) => lane.isRefused)
      ? 'refused'
      : lanes.every((lane) => lane.isFree) || text === undefined
        ? 'not-asked'
        : isMended
          ? 'repaired'
          : 'valid'
    return {
      found,
      mends: [...this.#mends],
      ...(text && { mode: text.mode }),
      ...(toolFaults.length > 0 && { toolFaults }),
    }
  }

  #lane(choice: number): Lane {
    let lane = this.#lanes.get(choice)
    if (lane === undefined) {
      lane = {
        choice,
        raw: '',
        aside: '',
        hasCall: false,
        scanner: undefined,
        shown: '',
        block: undefined,
        beside: [],
        isFree: false,
        isRefused: false,
        finish: undefined,
      }
      this.#lanes.set(choice, lane)
    }
    return lane
  }
}
