/** Turns a conversation and its parameters into the canonical request. */

import { defined, type JsonObject } from '../core/json.ts'
import type { GenRequest, OutputFormat, Part, Tool, ToolChoice, Turn } from '../core/request.ts'
import type { DeclaredTool } from '../judgement/assertions/assertion.ts'
import type { ParamSettings } from '../judgement/suite/settings.ts'

export function toRequest(model: string, turns: readonly Turn[], params: ParamSettings): GenRequest {
  const { stop } = params
  return defined({
    model,
    // The time to the first token is told of streams only.
    stream: true,
    turns,
    temperature: params.temperature,
    topP: params.top_p,
    maxOutputTokens: params.max_tokens,
    seed: params.seed,
    stop: typeof stop === 'string' ? [stop] : stop,
    topLogprobs: params.logprobs === true ? 0 : undefined,
    reasoning: params.reasoning_effort && { effort: params.reasoning_effort },
    format: formatOf(params),
    tools: params.tools?.map(toolOf),
    toolChoice: choiceOf(params),
  })
}

function formatOf({ response_format: format }: ParamSettings): OutputFormat | undefined {
  switch (format?.type) {
    case undefined:
      return undefined
    case 'text':
      return { type: 'text' }
    case 'json_object':
      return { type: 'json' }
    case 'json_schema': {
      const { schema, name, description, strict } = format.json_schema
      return defined({
        type: 'json-schema' as const,
        schema: schema as JsonObject,
        name,
        description,
        strict,
      })
    }
  }
}

type ToolSettings = NonNullable<ParamSettings['tools']>[number]

function toolOf({ function: { name, description, parameters, strict } }: ToolSettings): Tool {
  const schema = parameters as JsonObject | undefined
  return defined({ type: 'function' as const, name, description, schema, strict })
}

function choiceOf({ tool_choice: choice }: ParamSettings): ToolChoice | undefined {
  if (choice === undefined) return undefined
  return typeof choice === 'string' ? { type: choice } : { type: 'tool', name: choice.function.name }
}

/** The tools as graders see them. */
export function declaredTools({ tools = [] }: ParamSettings): DeclaredTool[] {
  return tools.map(({ function: { name, parameters } }) =>
    defined({ name, schema: parameters as JsonObject | undefined }),
  )
}

export function textTurn(role: Turn['role'], text: string): Turn {
  return { role, parts: [{ type: 'text', text }] }
}

/** The text of a turn for graders; calls of tools are shown as JSON. */
export function turnText({ parts }: Turn): string {
  return parts.map(partText).join('')
}

function partText(part: Part): string {
  switch (part.type) {
    case 'text':
    case 'refusal':
      return part.text
    case 'tool-call':
      return `[${part.name}(${part.arguments})]`
    case 'tool-result':
      return part.content.map(partText).join('')
    default:
      return ''
  }
}
