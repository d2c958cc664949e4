/** The stream events of one part of an item: where it belongs, how it begins, grows and ends. */

import type { BlockStart } from '../../core/event.ts'
import type { JsonObject } from '../../core/json.ts'
import { isSummary, type OutputItem, type OutputPart, partToWire } from './output-item.ts'

interface PartEvent {
  readonly type: string
  readonly members: JsonObject
}

/** The members that say where in the answer an event belongs. */
export function placeOf(item: OutputItem, part: OutputPart): JsonObject {
  const place = { item_id: item.id, output_index: item.index }
  if (part.start.kind === 'tool') return place
  return isSummary(part.start)
    ? { ...place, summary_index: part.index }
    : { ...place, content_index: part.index }
}

/** Undefined for a part that begins with its item. */
export function partAddedType(start: BlockStart): string | undefined {
  if (isSummary(start)) return 'response.reasoning_summary_part.added'
  const isPart = start.kind === 'text' || start.kind === 'refusal' || isShownReasoning(start)
  return isPart ? 'response.content_part.added' : undefined
}

/** Reasoning that stands in the content of its item. What is redacted shows nothing. */
function isShownReasoning(start: BlockStart): boolean {
  return start.kind === 'reasoning' && start.redacted !== true
}

/** Undefined for an item that comes whole. */
export function deltaType(start: BlockStart): string | undefined {
  switch (start.kind) {
    case 'text':
      return 'response.output_text.delta'
    case 'refusal':
      return 'response.refusal.delta'
    case 'reasoning':
      return isSummary(start) ? 'response.reasoning_summary_text.delta' : 'response.reasoning_text.delta'
    case 'tool':
      return start.freeform
        ? 'response.custom_tool_call_input.delta'
        : 'response.function_call_arguments.delta'
    case 'media':
    case 'native':
      return undefined
  }
}

/** The events that repeat the whole of a part at its end. */
export function doneEvents(part: OutputPart): readonly PartEvent[] {
  const { start, text } = part
  const wire = partToWire(part)
  switch (start.kind) {
    case 'text':
      return [
        { type: 'response.output_text.done', members: { text, logprobs: [...part.logprobs] } },
        { type: 'response.content_part.done', members: { part: wire } },
      ]
    case 'refusal':
      return [
        { type: 'response.refusal.done', members: { refusal: text } },
        { type: 'response.content_part.done', members: { part: wire } },
      ]
    case 'reasoning':
      if (isSummary(start)) {
        return [
          { type: 'response.reasoning_summary_text.done', members: { text } },
          { type: 'response.reasoning_summary_part.done', members: { part: wire } },
        ]
      }
      if (!isShownReasoning(start)) return []
      return [
        { type: 'response.reasoning_text.done', members: { text } },
        { type: 'response.content_part.done', members: { part: wire } },
      ]
    case 'tool':
      return start.freeform
        ? [{ type: 'response.custom_tool_call_input.done', members: { input: text } }]
        : [{ type: 'response.function_call_arguments.done', members: { name: start.name, arguments: text } }]
    case 'media':
    case 'native':
      return []
  }
}
