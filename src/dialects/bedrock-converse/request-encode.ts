/** Writes a Converse request. Model and stream belong into the URL. */

import { asObject, defined, type JsonObject } from '../../core/json.ts'
import { type GenRequest, type Tool, type Turn, untoldFields } from '../../core/request.ts'
import type { EncodedRequest, EncodeTarget } from '../dialect.ts'
import { reportAsked } from '../unsupported.ts'
import { familyOf, type ModelFields, modelFields } from './model-fields.ts'
import { cachePoint, encodeParts, ownFields, type PartContext } from './part-encode.ts'

const dialect = 'bedrock-converse'
const tiers: ReadonlySet<string> = new Set(['default', 'flex', 'priority', 'reserved'])
/** What the API takes of request metadata. */
const maxMetadataLength = 256

type Message = { readonly role: 'user' | 'assistant'; content: JsonObject[] }

/** Turns of one speaker, one after the other. */
type Run = Pick<Message, 'role'> & { readonly contents: JsonObject[][] }

/**
 * Normalises as the API demands: neighbours of one role become one message, and tool results come first in
 * theirs. A request that this dialect decoded keeps everything else; for others, the rules below make it
 * acceptable and `dropped` says what that cost.
 */
export function encodeRequest(request: GenRequest, target: EncodeTarget): EncodedRequest {
  const dropped = new Set<string>()
  const isOwn = request.native?.dialect === dialect
  const family = familyOf(target.model)
  const context: PartContext = {
    dropped,
    isOwn,
    takesCachePoints: isOwn || family === 'claude' || family === 'nova',
    documentNames: new Set(),
  }
  const { system, messages } = encodeTurns(request.turns, context)
  const own = ownFields(request.native)
  const model = isOwn ? undefined : modelFields(request, family, dropped)
  if (!isOwn) reportUnsupported(request, dropped)
  const body: JsonObject = defined({
    ...own,
    messages,
    system: system.length > 0 ? system : undefined,
    inferenceConfig: encodeInference(request, model, dropped),
    toolConfig: encodeToolConfig(request, messages, context),
    outputConfig: encodeFormat(request, dropped),
    ...(model && Object.keys(model.fields).length > 0 ? { additionalModelRequestFields: model.fields } : {}),
    requestMetadata: encodeMetadata(request, isOwn, dropped),
    serviceTier: encodeServiceTier(request.serviceTier, isOwn, dropped),
  })
  return { body, dropped: [...dropped] }
}

/** System and developer turns are the system prompt, wherever they stand; a later one loses its place. */
function encodeTurns(
  turns: readonly Turn[],
  context: PartContext,
): { system: JsonObject[]; messages: Message[] } {
  const { dropped, isOwn } = context
  const system: JsonObject[] = []
  const messages: Run[] = []
  for (const [index, turn] of turns.entries()) {
    const path = `turns[${index}]`
    const content = encodeParts(turn.parts, path, context)
    if (turn.name !== undefined) dropped.add(`${path}.name`)
    if (turn.role === 'system' || turn.role === 'developer') {
      if (messages.length > 0) dropped.add(`${path}.role`)
      system.push(...content)
    } else if (content.length > 0) {
      append(messages, turn.role === 'assistant' ? 'assistant' : 'user', content)
    }
  }
  if (!isOwn && messages[0]?.role !== 'user') {
    // The API wants a user first; that the order of speakers is not the client's is reported.
    messages.unshift({ role: 'user', contents: [[{ text: '(The conversation begins.)' }]] })
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
  // A cache point belongs to what it stands behind: it moves with its result.
  const isResult = (block: JsonObject, index: number) =>
    (block['cachePoint'] === undefined ? block : all[index - 1])?.['toolResult'] !== undefined
  const rest = all.filter((block, index) => !isResult(block, index))
  return { role, content: [...all.filter(isResult), ...rest] }
}

function encodeInference(
  request: GenRequest,
  model: ModelFields | undefined,
  dropped: Set<string>,
): JsonObject | undefined {
  const { maxOutputTokens, temperature, topP, stop } = request
  const own = { maxTokens: maxOutputTokens, temperature, topP, stopSequences: stop }
  const config = defined(model === undefined ? own : { ...own, ...acceptable(request, model, dropped) })
  return Object.keys(config).length > 0 ? config : undefined
}

/** What the API takes of another dialect's options. */
function acceptable(
  { maxOutputTokens: limit, temperature, stop }: GenRequest,
  { isThinking, budgetTokens = 0 }: ModelFields,
  dropped: Set<string>,
): { maxTokens?: number; temperature?: number | undefined; stopSequences?: readonly string[] | undefined } {
  const printable = stop?.filter((sequence) => sequence.trim() !== '')
  if (printable?.length !== stop?.length) dropped.add('stop') // sequences of white space are refused
  if (temperature !== undefined && temperature > 1) dropped.add('temperature>1')
  if (isThinking && temperature !== undefined && temperature < 1) dropped.add('temperature')
  return {
    // The visible answer keeps the room that the client gave it.
    ...(limit !== undefined && budgetTokens >= limit ? { maxTokens: limit + budgetTokens } : {}),
    temperature: isThinking || temperature === undefined ? undefined : Math.min(1, temperature),
    stopSequences: printable?.length === 0 ? undefined : printable,
  }
}

/**
 * `none` has no form: the tools are then left out, which says the same, unless the messages hold calls, for
 * which the API wants the tools declared. Tools that only the messages know are declared by their names.
 */
function encodeToolConfig(
  request: GenRequest,
  messages: readonly Message[],
  context: PartContext,
): JsonObject | undefined {
  const { dropped, isOwn } = context
  const { toolChoice: choice } = request
  const called = isOwn ? [] : calledTools(messages)
  const isForbidden = choice?.type === 'none'
  if (isForbidden && called.length === 0) return undefined
  const tools = encodeTools(request, context)
  const known = new Set(tools.map((tool) => asObject(tool['toolSpec'])?.['name']))
  for (const name of called) {
    if (!known.has(name)) tools.push({ toolSpec: { name, inputSchema: { json: { type: 'object' } } } })
  }
  if (tools.length === 0) {
    // Only a choice that demands a call loses its meaning without tools.
    if (choice !== undefined && choice.type !== 'auto') dropped.add('tool_choice')
    return undefined
  }
  const toolChoice = encodeToolChoice(choice, dropped)
  return { tools, ...(toolChoice === undefined ? {} : { toolChoice }) }
}

function calledTools(messages: readonly Message[]): string[] {
  const names = messages.flatMap(({ content }) =>
    content.map((block) => asObject(block['toolUse'])?.['name']).filter((name) => typeof name === 'string'),
  )
  return [...new Set(names)]
}

function encodeTools(request: GenRequest, context: PartContext): JsonObject[] {
  // To offer only the allowed tools is what the choice means; the API has no other way to say it.
  const allowed = request.toolChoice?.type === 'allowed' ? new Set(request.toolChoice.names) : undefined
  return (request.tools ?? []).flatMap((tool, index) => {
    if (tool.type === 'native') {
      if (tool.dialect === dialect) return [tool.value]
      context.dropped.add(`tools[${index}]`)
      return []
    }
    if (allowed !== undefined && !allowed.has(tool.name)) return []
    return [encodeFunction(tool), ...cachePoint(tool.cache, context)]
  })
}

function encodeFunction({
  name,
  description,
  schema,
  strict,
  native,
}: Tool & { readonly type: 'function' }): JsonObject {
  return {
    toolSpec: {
      name,
      ...defined({ description: description || undefined, strict }),
      inputSchema: { json: { type: 'object', ...schema } },
      ...ownFields(native),
    },
  }
}

function encodeToolChoice(choice: GenRequest['toolChoice'], dropped: Set<string>): JsonObject | undefined {
  switch (choice?.type) {
    case undefined:
      return undefined
    case 'auto':
      return { auto: {} }
    case 'required':
      return { any: {} }
    case 'tool':
      return { tool: { name: choice.name } }
    case 'allowed':
      return choice.mode === 'required' ? { any: {} } : { auto: {} }
    case 'none':
    case 'native':
      dropped.add('tool_choice')
      return undefined
  }
}

function encodeFormat({ format }: GenRequest, dropped: Set<string>): JsonObject | undefined {
  if (format?.type === 'json') dropped.add('response_format')
  if (format?.type !== 'json-schema') return undefined
  const { schema, name, description } = format
  const jsonSchema = { schema: JSON.stringify(schema), ...defined({ name, description }) }
  return { textFormat: { type: 'json_schema', structure: { jsonSchema } } }
}

function encodeMetadata(
  { metadata }: GenRequest,
  isOwn: boolean,
  dropped: Set<string>,
): JsonObject | undefined {
  if (metadata === undefined || isOwn) return metadata
  const kept = Object.entries(metadata).filter(
    ([name, value]) =>
      typeof value === 'string' && name.length <= maxMetadataLength && value.length <= maxMetadataLength,
  )
  if (kept.length < Object.keys(metadata).length) dropped.add('metadata')
  return kept.length === 0 ? undefined : Object.fromEntries(kept)
}

function encodeServiceTier(
  tier: string | undefined,
  isOwn: boolean,
  dropped: Set<string>,
): JsonObject | undefined {
  if (tier === undefined || tier === 'auto') return undefined // the provider chooses either way
  if (isOwn || tiers.has(tier)) return { type: tier }
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
  'parallel_tool_calls',
  'user',
  'cache_control',
] as const

function reportUnsupported(request: GenRequest, dropped: Set<string>): void {
  reportAsked(request, unsupported, dropped)
  for (const name of untoldFields(request)) dropped.add(name)
}
