/** Writes a chat request. */

import { asObject, defined, type Json, type JsonObject } from '../../core/json.ts'
import { type GenRequest, type Part, type Tool, type Turn, untoldFields } from '../../core/request.ts'
import type { EncodedRequest, EncodeTarget } from '../dialect.ts'
import { toolInput } from '../tool-input.ts'
import { reportAsked } from '../unsupported.ts'

const dialect = 'ollama-chat'

/** How messages are written, and what could not be. */
interface MessageContext {
  readonly isOwn: boolean
  /** The model wants the text of its earlier reasoning back. */
  readonly takesReasoning: boolean
  readonly dropped: Set<string>
  /** The tools' names by the ids of their calls: a result must name its tool. */
  readonly names: ReadonlyMap<string, string>
}

/** A request that this dialect decoded keeps all it said. */
export function encodeRequest(request: GenRequest, target: EncodeTarget): EncodedRequest {
  const dropped = new Set<string>()
  const isOwn = request.native?.dialect === dialect
  const own: JsonObject = isOwn ? request.native.fields : {}
  const context: MessageContext = {
    isOwn,
    takesReasoning: target.takesReasoning ?? false,
    dropped,
    names: namesOfCalls(request.turns),
  }
  if (!isOwn) reportUnsupported(request, dropped)
  const options = defined({ ...asObject(own['options']), ...encodeSampling(request) })
  const body = defined({
    ...own,
    model: target.model,
    messages: request.turns.flatMap((turn, index) => encodeTurn(turn, `turns[${index}]`, context)),
    stream: request.stream,
    tools: encodeTools(request, dropped),
    format: encodeFormat(request, dropped),
    think: encodeThink(request, dropped),
    logprobs: request.topLogprobs === undefined ? undefined : true,
    top_logprobs: request.topLogprobs === 0 ? undefined : request.topLogprobs,
    options: Object.keys(options).length > 0 ? options : undefined,
  })
  return { body, dropped: [...dropped] }
}

function encodeSampling(request: GenRequest): JsonObject {
  return {
    num_predict: request.maxOutputTokens,
    temperature: request.temperature,
    top_p: request.topP,
    top_k: request.topK,
    seed: request.seed,
    stop: request.stop,
    presence_penalty: request.presencePenalty,
    frequency_penalty: request.frequencyPenalty,
  }
}

function namesOfCalls(turns: readonly Turn[]): ReadonlyMap<string, string> {
  const calls = turns.flatMap(({ parts }) => parts.filter((part) => part.type === 'tool-call'))
  return new Map(calls.map(({ callId, name }) => [callId, name]))
}

/** A turn is one message, behind the message of each result in it. */
function encodeTurn(turn: Turn, path: string, context: MessageContext): JsonObject[] {
  if (turn.name !== undefined) context.dropped.add(`${path}.name`)
  const results = turn.parts.flatMap((part) =>
    part.type === 'tool-result' ? [encodeResult(part, path, context)] : [],
  )
  const rest = turn.parts.filter(({ type }) => type !== 'tool-result')
  if (turn.role === 'tool' || (rest.length === 0 && results.length > 0)) return results
  const role = turn.role === 'developer' ? 'system' : turn.role
  return [...results, { role, ...encodeContent(rest, path, context, role === 'assistant' ? '' : '\n') }]
}

function encodeResult(
  part: Part & { readonly type: 'tool-result' },
  path: string,
  context: MessageContext,
): JsonObject {
  if (part.isError) context.dropped.add(`${path}.tool_result.is_error`)
  if (part.cache !== undefined) context.dropped.add('cache_control')
  return {
    role: 'tool',
    ...defined({ tool_name: part.name ?? context.names.get(part.callId) }),
    tool_call_id: part.callId,
    ...encodeContent(part.content, `${path}.tool_result`, context, '\n'),
  }
}

/** The members of a message: its texts in one, and whatever else has a member of its own. */
function encodeContent(
  parts: readonly Part[],
  path: string,
  context: MessageContext,
  separator: string,
): JsonObject {
  const { dropped } = context
  const texts: string[] = []
  const images: string[] = []
  const thinking: string[] = []
  const calls: JsonObject[] = []
  for (const part of parts) {
    if ('cache' in part && part.cache !== undefined) dropped.add('cache_control')
    switch (part.type) {
      case 'text':
        if (part.citations !== undefined && part.citations.length > 0) dropped.add(`${path}.citations`)
        texts.push(part.text)
        break
      case 'refusal':
        texts.push(part.text)
        break
      case 'media':
        if (part.media === 'image' && part.source.at === 'base64') images.push(part.source.data)
        else dropped.add(`${path}.${part.media}`)
        if (part.detail !== undefined && part.detail !== 'auto') dropped.add(`${path}.detail`)
        break
      case 'reasoning': {
        // Ollama signs nothing: what another provider signed was never its own.
        const isTaken = context.isOwn || (context.takesReasoning && part.signature === undefined)
        if (isTaken && part.text !== '') thinking.push(part.text)
        else dropped.add(`${path}.reasoning`)
        break
      }
      case 'tool-call': {
        const input = toolInput(part.arguments, part.freeform === true)
        calls.push({ id: part.callId, function: { index: calls.length, name: part.name, arguments: input } })
        break
      }
      case 'native':
      case 'tool-result':
        dropped.add(`${path}.native`)
        break
    }
  }
  return {
    content: texts.join(separator),
    ...(thinking.length > 0 ? { thinking: thinking.join('') } : {}),
    ...(images.length > 0 ? { images } : {}),
    ...(calls.length > 0 ? { tool_calls: calls } : {}),
  }
}

/**
 * The API has no choice of tools. None offered means that none may be called, and to offer only those that a
 * choice names keeps the others out; that a call is demanded cannot be told.
 */
function encodeTools(request: GenRequest, dropped: Set<string>): readonly JsonObject[] | undefined {
  const { toolChoice: choice } = request
  if (choice?.type === 'none') return undefined
  const isDemanded =
    choice !== undefined && (choice.type === 'allowed' ? choice.mode === 'required' : choice.type !== 'auto')
  if (isDemanded) dropped.add('tool_choice')
  const named =
    choice?.type === 'allowed' ? choice.names : choice?.type === 'tool' ? [choice.name] : undefined
  const tools = (request.tools ?? []).flatMap((tool, index) => {
    if (tool.type === 'native') {
      if (tool.dialect === dialect) return [tool.value]
      dropped.add(`tools[${index}]`)
      return []
    }
    return named?.includes(tool.name) === false ? [] : [encodeFunction(tool, dropped)]
  })
  return tools.length > 0 ? tools : undefined
}

function encodeFunction(tool: Tool & { readonly type: 'function' }, dropped: Set<string>): JsonObject {
  const { name, description, schema, strict, cache, native } = tool
  if (strict === true) dropped.add('tools.strict')
  if (cache !== undefined) dropped.add('cache_control')
  return {
    type: 'function',
    function: {
      name,
      ...defined({ description }),
      parameters: schema ?? { type: 'object', properties: {} },
      ...(native?.dialect === dialect ? native.fields : {}),
    },
  }
}

function encodeFormat({ format }: GenRequest, dropped: Set<string>): Json | undefined {
  switch (format?.type) {
    case undefined:
    case 'text':
      return undefined
    case 'json':
      return 'json'
    case 'json-schema':
      if (format.description !== undefined) dropped.add('response_format.description')
      return format.schema
  }
}

/** The nearest of the words that the API knows. */
const efforts = {
  minimal: 'low',
  low: 'low',
  medium: 'medium',
  high: 'high',
  xhigh: 'high',
  max: 'high',
} as const

function encodeThink({ reasoning, native }: GenRequest, dropped: Set<string>): Json | undefined {
  if (reasoning === undefined) return undefined
  const { effort, budgetTokens, adaptive, show } = reasoning
  if (show === false) dropped.add('reasoning.show')
  if (effort === 'none' || budgetTokens === 0) return false
  if (budgetTokens !== undefined) dropped.add('reasoning_budget')
  if (effort === 'max' && native?.dialect === dialect) return effort
  if (effort !== undefined) return efforts[effort]
  return budgetTokens !== undefined || adaptive ? true : undefined
}

/** What this dialect has no member for. */
const unsupported = [
  'n',
  'logit_bias',
  'verbosity',
  'modalities',
  'previous_response_id',
  'parallel_tool_calls',
  'user',
  'metadata',
  'service_tier',
  'cache_control',
] as const

function reportUnsupported(request: GenRequest, dropped: Set<string>): void {
  reportAsked(request, unsupported, dropped)
  for (const name of untoldFields(request)) dropped.add(name)
}
