/** Looks at the events of one answer: turns it back into what the client asked for, mends it, and stops what cannot be valid. */

import type { Breach } from '../core/breach.ts'
import type { AnswerCheck, ContractOutcome } from '../core/contract.ts'
import type { GatewayError } from '../core/error.ts'
import type { BlockStart, GenEvent } from '../core/event.ts'
import { AnswerLane, type Given, type LaneTerms } from './answer-lane.ts'
import { maxToldText } from './ladder.ts'
import type { Mend } from './mend.ts'
import type { ToolCheck } from './tool-arguments.ts'

export interface WatchOptions extends LaneTerms {
  readonly tools?: ToolCheck
  errorOf(breach: Breach): GatewayError
}

/** What becomes of the events of a block. */
type Role =
  | { readonly is: 'answer'; readonly lane: AnswerLane; readonly isCall: boolean }
  | { readonly is: 'passed'; readonly block: number }
  /** A call of the client's tool that waits for its check. */
  | { readonly is: 'held'; readonly events: GenEvent[] }

export class AnswerWatch implements AnswerCheck {
  outcome: ContractOutcome | undefined
  readonly #options: WatchOptions
  readonly #lanes = new Map<number, AnswerLane>()
  readonly #roles = new Map<number, Role>()
  readonly #calls = new Map<number, { name: string; text: string }>()
  readonly #mends = new Set<Mend>()
  /** What comes behind the first end of a choice waits until all of it is known to be good. */
  #tail: GenEvent[] = []
  readonly #given: Given = { blocks: 0, hasText: false }
  #isOver = false
  #isTouched = false

  constructor(options: WatchOptions) {
    this.#options = options
    this.#isTouched = options.text?.mode === 'tool'
  }

  get isHolding(): boolean {
    return !this.#isOver && (this.#options.holds || !this.#given.hasText)
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
      before.push(...lane.free())
      if (tools?.level === 'enforce' && event.freeform !== true) {
        this.#roles.set(event.block, { is: 'held', events: [event] })
        return before
      }
    } else if (event.kind === 'refusal') lane.isRefused = true
    const block = this.#given.blocks++
    this.#roles.set(event.block, { is: 'passed', block })
    return [...before, { ...event, block }]
  }

  #delta(number: number, text: string): readonly GenEvent[] {
    const role = this.#roles.get(number)
    const call = this.#calls.get(number)
    if (call) call.text += text
    switch (role?.is) {
      case 'passed':
        this.#given.hasText = true
        return [{ type: 'block-delta', block: role.block, text }]
      case 'held':
        role.events.push({ type: 'block-delta', block: number, text })
        return []
      case 'answer':
        return this.#unlessBroken(role.lane, role.lane.read(text, role.isCall))
      case undefined:
        return []
    }
  }

  #unlessBroken(lane: AnswerLane, events: readonly GenEvent[]): readonly GenEvent[] {
    return lane.breach ? [this.#fail(lane.breach)] : events
  }

  #besideText(event: GenEvent & { type: 'block-end' | 'annotation' | 'logprobs' }): readonly GenEvent[] {
    const role = this.#roles.get(event.block)
    switch (role?.is) {
      case 'passed':
        return [{ ...event, block: role.block }]
      case 'held':
        role.events.push(event)
        return []
      case 'answer':
        return event.type === 'block-end' ? [] : role.lane.tell(event)
      case undefined:
        return []
    }
  }

  #finish(event: GenEvent & { type: 'finish' }): void {
    const lane = this.#lane(event.choice)
    lane.isCutByLimit = event.reason === 'length'
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
      out.push(...(await lane.settle()))
      if (lane.breach) return [this.#fail(lane.breach)]
      for (const mend of lane.mends) this.#mends.add(mend)
    }
    const faults = await this.#toolFaults()
    if (faults.length > 0 && this.#options.tools!.level === 'enforce') {
      const text = [...this.#calls.values()].map((call) => `${call.name}(${call.text})`).join('\n')
      return [this.#fail({ kind: 'invalid', faults, text: text.slice(0, maxToldText) })]
    }
    out.push(...this.#heldCalls())
    this.#isOver = true
    this.outcome = this.#found(faults)
    return [...out, ...this.#tail]
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
      const block = this.#given.blocks++
      out.push(...role.events.map((event) => ({ ...event, block }) as GenEvent))
    }
    if (out.length > 0) this.#given.hasText = true
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

  #lane(choice: number): AnswerLane {
    let lane = this.#lanes.get(choice)
    if (lane === undefined) {
      lane = new AnswerLane(choice, this.#options, this.#given)
      this.#lanes.set(choice, lane)
    }
    return lane
  }
}
