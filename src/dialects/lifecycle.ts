/** Opens and closes canonical blocks for dialects whose wire tells text and tool calls but no boundaries. */

import type { BlockKind, GenEvent, Signature } from '../core/event.ts'
import { parseBounded } from '../core/bounded-json.ts'
import { isObject } from '../core/json.ts'

/** Blocks that follow one another: at most one of them is open in a choice. */
export type FlowKind = Extract<BlockKind, { readonly kind: 'text' | 'reasoning' | 'refusal' }>
export type ToolKind = Extract<BlockKind, { readonly kind: 'tool' }>

interface OpenTool {
  readonly block: number
  readonly isFreeform: boolean
  text: string
  isEnded: boolean
  /** So much of the text is known to be no whole input. */
  lookedAt: number
}

/** The blocks of one choice. */
interface Lane {
  flow: { readonly block: number; readonly key: string; signature?: Signature } | undefined
  /** The last text block, open or not: annotations and logprobs may come after its end. */
  lastText: number | undefined
  readonly tools: Map<string, OpenTool>
  /** Those that have not ended. */
  readonly open: Set<OpenTool>
}

/**
 * Turns "this choice goes on with this" into block events, which gather until they are taken. Text,
 * reasoning and refusals close each other. Tool calls are told apart by a key and may interleave: one whose
 * arguments are complete ends when anything else begins, any other stays open to the end of its choice.
 */
export class Lifecycle {
  #events: GenEvent[] = []
  #blocks = 0
  readonly #lanes = new Map<number, Lane>()

  /** The events since the last call. */
  take(): GenEvent[] {
    const events = this.#events
    this.#events = []
    return events
  }

  /** Any event that is not of a block, in its place between them. */
  emit(event: GenEvent): void {
    this.#events.push(event)
  }

  /**
   * Text for the open block if it has this key, else for a new one. Empty text only makes sure that the block
   * is open. The key tells apart blocks of one kind; it is the kind where nothing else is said.
   */
  append(choice: number, kind: FlowKind, text: string, key: string = kind.kind): number {
    const lane = this.#lane(choice)
    if (lane.flow?.key !== key) {
      this.#endFlow(lane)
      this.#endWholeTools(lane)
      const block = this.#blocks++
      lane.flow = { block, key }
      if (kind.kind === 'text') lane.lastText = block
      this.#events.push({ type: 'block-start', block, choice, ...kind })
    }
    const { block } = lane.flow!
    if (text !== '') this.#events.push({ type: 'block-delta', block, text })
    return block
  }

  /** The key of the block that text would go on, or undefined where none is open. */
  openKey(choice: number): string | undefined {
    return this.#lanes.get(choice)?.flow?.key
  }

  /** Ends the open block with its signature: what is signed is over. */
  sign(choice: number, signature: Signature): void {
    const lane = this.#lane(choice)
    if (lane.flow !== undefined) lane.flow.signature = signature
    this.#endFlow(lane)
  }

  /** A block that arrives in one piece. */
  whole(choice: number, kind: BlockKind, signature?: Signature): void {
    const lane = this.#lane(choice)
    this.#endFlow(lane)
    this.#endWholeTools(lane)
    const block = this.#blocks++
    this.#events.push({ type: 'block-start', block, choice, ...kind })
    this.#events.push({ type: 'block-end', block, ...(signature === undefined ? {} : { signature }) })
  }

  /** The block that annotations of this choice belong to, or undefined before any text. */
  lastText(choice: number): number | undefined {
    return this.#lanes.get(choice)?.lastText
  }

  /** Opens a tool call under a key that the choice has not used. */
  startTool(choice: number, key: string, kind: ToolKind): void {
    const lane = this.#lane(choice)
    this.#endFlow(lane)
    this.#endWholeTools(lane)
    const block = this.#blocks++
    const tool = { block, isFreeform: kind.freeform === true, text: '', isEnded: false, lookedAt: 0 }
    lane.tools.set(key, tool)
    lane.open.add(tool)
    this.#events.push({ type: 'block-start', block, choice, ...kind })
  }

  /** More of a call's input. False when the call was complete already, so that the text has no place. */
  appendTool(choice: number, key: string, text: string): boolean {
    const tool = this.#lane(choice).tools.get(key)
    if (tool === undefined || tool.isEnded) return text.trim() === ''
    if (text === '') return true
    tool.text += text
    this.#events.push({ type: 'block-delta', block: tool.block, text })
    return true
  }

  hasTools(choice: number): boolean {
    return (this.#lanes.get(choice)?.tools.size ?? 0) > 0
  }

  /** Ends every open block of the choice. */
  close(choice: number): void {
    const lane = this.#lanes.get(choice)
    if (lane === undefined) return
    this.#endFlow(lane)
    for (const tool of lane.open) this.#endTool(lane, tool)
  }

  #lane(choice: number): Lane {
    let lane = this.#lanes.get(choice)
    if (lane === undefined) {
      lane = { flow: undefined, lastText: undefined, tools: new Map(), open: new Set() }
      this.#lanes.set(choice, lane)
    }
    return lane
  }

  #endFlow(lane: Lane): void {
    if (lane.flow === undefined) return
    const { block, signature } = lane.flow
    lane.flow = undefined
    this.#events.push({ type: 'block-end', block, ...(signature === undefined ? {} : { signature }) })
  }

  #endWholeTools(lane: Lane): void {
    for (const tool of lane.open) {
      if (tool.isFreeform || tool.lookedAt === tool.text.length) continue
      tool.lookedAt = tool.text.length
      if (isObject(parseBounded(tool.text))) this.#endTool(lane, tool)
    }
  }

  #endTool(lane: Lane, tool: OpenTool): void {
    lane.open.delete(tool)
    tool.isEnded = true
    // A call without arguments may arrive without any text; a tool block holds JSON text.
    if (!tool.isFreeform && tool.text.trim() === '') {
      this.#events.push({ type: 'block-delta', block: tool.block, text: '{}' })
    }
    this.#events.push({ type: 'block-end', block: tool.block })
  }
}
