/** Writes a Messages request. */

import { defined, type JsonObject } from '../../core/json.ts'
import { type GenRequest, type Tool, type Turn, untoldFields } from '../../core/request.ts'
import type { EncodedRequest, EncodeTarget } from '../dialect.ts'
import { reportAsked } from '../unsupported.ts'
import { cacheControl, encodeParts } from './part-encode.ts'
import { reasoningToWire } from './reasoning.ts'
import { ownFields } from './response.ts'

const dialect = 'anthropic-messages'

/** `max_tokens` is mandatory; this stands where neither the client nor the catalogue names one. */
const fallbackMaxTokens = 4096

type Message = {
  readonly role: 'system' | 'user' | 'assistant'
  content: JsonObject[]
}

/** Turns of one speaker, one after the other. */
type Run = Pick<Message, 'role'> & { readonly contents: JsonObject[][] }

/**
 * Normalises as the API does or demands: text content becomes text blocks, neighbours of one role become one
 * message, and tool results come first in theirs. A request that this dialect decoded keeps everything else;
 * for others, the rules below make it acceptable and `dropped` says what that cost.
 */
export function encodeRequest(request: GenRequest, target: EncodeTarget): EncodedRequest {
  const dropped = new Set<string>()
  const isOwn = request.native?.dialect === dialect
  const { system, messages } = encodeTurns(request.turns, isOwn, dropped)
  const tools = encodeTools(request, dropped)
  const choice = encodeToolChoice(request, tools.length > 0, dropped)
  const limit = request.maxOutputTokens ?? target.maxOutputTokens ?? fallbackMaxTokens
  const ceiling = target.maxOutputTokens
  const reasoning = reasoningToWire(request, { limit, ...defined({ ceiling }) }, messages, dropped)
  const own = ownFields(request.native)
  const { effort, maxTokens, thinking } = reasoning
  const config = {
    ...(own['output_config'] as JsonObject | undefined),
    ...(effort === undefined ? {} : { effort }),
    ...(request.format?.type === 'json-schema'
      ? { format: { type: 'json_schema', schema: request.format.schema } }
      : {}),
  }
  if (request.format?.type === 'json') dropped.add('response_format')
  reportUnsupported(request, isOwn, dropped)
  const body: JsonObject = defined({
    ...own,
    model: target.model,
    max_tokens: maxTokens,
    system: system.length > 0 ? system : undefined,
    messages,
    stream: request.stream ? true : undefined,
    tools: tools.length > 0 ? tools : undefined,
    tool_choice: choice,
    thinking: thinking ?? own['thinking'],
    output_config: Object.keys(config).length > 0 ? config : undefined,
    ...encodeSampling(request, isOwn, thinking !== undefined && thinking['type'] !== 'disabled', dropped),
    metadata: encodeMetadata(request, isOwn, dropped),
    service_tier: encodeServiceTier(request.serviceTier, isOwn, dropped),
    ...cacheControl(request.cache),
  })
  return { body, dropped: [...dropped] }
}

/**
 * System and developer turns before the first other one are the system prompt. Later ones join it for clients
 * of other dialects, which costs them their place; not every model takes them between messages.
 */
function encodeTurns(
  turns: readonly Turn[],
  isOwn: boolean,
  dropped: Set<string>,
): { system: JsonObject[]; messages: Message[] } {
  const system: JsonObject[] = []
  const messages: Run[] = []
  for (const [index, turn] of turns.entries()) {
    const path = `turns[${index}]`
    const content = encodeParts(turn.parts, path, dropped)
    if (turn.name !== undefined) dropped.add(`${path}.name`)
    if (turn.role === 'system' || turn.role === 'developer') {
      if (messages.length > 0 && isOwn) {
        messages.push({ role: 'system', contents: [content] })
        continue
      }
      if (messages.length > 0) dropped.add(`${path}.role`)
      system.push(...content)
    } else if (content.length > 0) {
      append(messages, turn.role === 'assistant' ? 'assistant' : 'user', content)
    }
  }
  if (!isOwn && messages[0]?.role !== 'user') {
    // The API wants a user first. A conversation that the assistant opens, or that has a system prompt only,
    // gets an opening that says nothing; that the order of speakers is not the client's is reported.
    messages.unshift({ role: 'user', contents: [[{ type: 'text', text: '(The conversation begins.)' }]] })
    dropped.add('turns[0].role')
  }
  return { system, messages: messages.map(joined) }
}

function append(messages: Run[], role: Run['role'], content: JsonObject[]): void {
  const last = messages.at(-1)
  if (last?.role === role) last.contents.push(content)
  else messages.push({ role, contents: [content] })
}

/** One message: where turns come together, results stand first. */
function joined({ role, contents }: Run): Message {
  const all = contents.flat()
  if (contents.length === 1) return { role, content: all }
  const isResult = (block: JsonObject) => block['type'] === 'tool_result'
  return { role, content: [...all.filter(isResult), ...all.filter((block) => !isResult(block))] }
}

function encodeTools(request: GenRequest, dropped: Set<string>): JsonObject[] {
  // To offer only the allowed tools is what the choice means; the API has no other way to say it.
  const allowed = request.toolChoice?.type === 'allowed' ? new Set(request.toolChoice.names) : undefined
  const out: JsonObject[] = []
  for (const [index, tool] of (request.tools ?? []).entries()) {
    if (tool.type === 'native') {
      if (tool.dialect === dialect) out.push(tool.value)
      else dropped.add(`tools[${index}]`)
    } else if (allowed === undefined || allowed.has(tool.name)) {
      out.push(encodeFunction(tool))
    }
  }
  return out
}

function encodeFunction(tool: Tool & { readonly type: 'function' }): JsonObject {
  return {
    name: tool.name,
    ...defined({ description: tool.description, strict: tool.strict }),
    input_schema: { type: 'object', ...tool.schema },
    ...ownFields(tool.native),
    ...cacheControl(tool.cache),
  }
}

function encodeToolChoice(
  request: GenRequest,
  hasTools: boolean,
  dropped: Set<string>,
): JsonObject | undefined {
  const { toolChoice: choice, parallelToolCalls } = request
  if (!hasTools) {
    // The API refuses a choice without tools. Only one that demands a call loses its meaning there.
    const isMoot = choice === undefined || choice.type === 'auto' || choice.type === 'none'
    if (!isMoot) dropped.add('tool_choice')
    return undefined
  }
  const parallel = parallelToolCalls === undefined ? {} : { disable_parallel_tool_use: !parallelToolCalls }
  switch (choice?.type) {
    case undefined:
      return parallelToolCalls === undefined ? undefined : { type: 'auto', ...parallel }
    case 'auto':
      return { type: 'auto', ...parallel }
    case 'none':
      return { type: 'none' }
    case 'required':
      return { type: 'any', ...parallel }
    case 'tool':
      return { type: 'tool', name: choice.name, ...parallel }
    case 'allowed':
      return { type: choice.mode === 'required' ? 'any' : 'auto', ...parallel }
    case 'native':
      dropped.add('tool_choice')
      return undefined
  }
}

function encodeSampling(
  request: GenRequest,
  isOwn: boolean,
  isThinking: boolean,
  dropped: Set<string>,
): JsonObject {
  const { temperature, topP, topK, stop } = request
  if (isOwn) return { temperature, top_p: topP, top_k: topK, stop_sequences: stop }
  if (temperature !== undefined && temperature > 1) dropped.add('temperature>1')
  // While it thinks, the model takes no temperature but 1 and no top_k.
  if (isThinking && temperature !== undefined && temperature < 1) dropped.add('temperature')
  if (isThinking && topK !== undefined) dropped.add('top_k')
  const printable = stop?.filter((sequence) => sequence.trim() !== '')
  if (printable?.length !== stop?.length) dropped.add('stop') // the API refuses sequences of white space
  return {
    temperature: isThinking || temperature === undefined ? undefined : Math.min(1, temperature),
    top_p: topP,
    top_k: isThinking ? undefined : topK,
    stop_sequences: printable?.length === 0 ? undefined : printable,
  }
}

function encodeMetadata(request: GenRequest, isOwn: boolean, dropped: Set<string>): JsonObject | undefined {
  const user = request.user === undefined ? {} : { user_id: request.user }
  const metadata = { ...(isOwn ? request.metadata : {}), ...user }
  if (!isOwn && request.metadata !== undefined) dropped.add('metadata')
  return Object.keys(metadata).length > 0 ? metadata : undefined
}

function encodeServiceTier(
  tier: string | undefined,
  isOwn: boolean,
  dropped: Set<string>,
): string | undefined {
  if (tier === undefined || isOwn || tier === 'auto' || tier === 'standard_only') return tier
  if (tier === 'default') return 'standard_only' // OpenAI's word for the same
  dropped.add('service_tier')
  return undefined
}

/** What this dialect has no member for. */
const unsupported = [
  'seed',
  'n',
  'logprobs',
  'presence_penalty',
  'frequency_penalty',
  'logit_bias',
  'verbosity',
  'modalities',
  'previous_response_id',
] as const

function reportUnsupported(request: GenRequest, isOwn: boolean, dropped: Set<string>): void {
  reportAsked(request, unsupported, dropped)
  if (!isOwn) for (const name of untoldFields(request)) dropped.add(name)
}
