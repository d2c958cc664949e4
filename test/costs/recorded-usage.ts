/** Reads the usage of recorded exchanges: as our dialects decode it, and as it stands on the wire. */

import { foldAnswer } from '../../src/core/answer.ts'
import { GatewayError } from '../../src/core/error.ts'
import type { GenEvent } from '../../src/core/event.ts'
import {
  asArray,
  asObject,
  asString,
  isObject,
  type Json,
  type JsonObject,
  parseJson,
} from '../../src/core/json.ts'
import type { Usage } from '../../src/core/usage.ts'
import type { Dialect } from '../../src/dialects/dialect.ts'
import { embeddingDialects } from '../../src/dialects/embeddings/registry.ts'
import { dialects } from '../../src/dialects/registry.ts'
import { createFrameParser } from '../../src/framing/frame-parser.ts'
import type { Frame, FramingName } from '../../src/framing/frame.ts'
import type { Recorded } from '../support/recorded.ts'
import { recordedQuirks } from '../support/recorded-quirks.ts'

type Exchange = Recorded & { readonly response: { readonly eventstream_base64?: string } }

export const generation: Readonly<Record<string, Dialect>> = {
  'openai-chat': dialects['openai-chat'],
  'mistral-chat': dialects['openai-chat'],
  'openai-responses': dialects['openai-responses'],
  'anthropic-messages': dialects['anthropic-messages'],
  'gemini-generate': dialects.gemini,
  'bedrock-converse': dialects['bedrock-converse'],
  'cohere-chat-v2': dialects['cohere-chat'],
}

export interface DecodedUsage {
  readonly model: string
  readonly usage: Usage
}

/** What our dialects say; undefined where the answer has no usage, or is in a dialect that is not ours. */
export function decodedUsage(recorded: Exchange): DecodedUsage | undefined {
  if (recorded.status >= 400) return undefined
  if (recorded.dialect === 'openai-embeddings' || recorded.dialect === 'gemini-embeddings') {
    const answer = embeddingDialects[recorded.dialect].response.decode(recorded.response.body ?? null)
    if (answer instanceof GatewayError || answer.usage === undefined) return undefined
    return { model: recorded.model ?? answer.model, usage: answer.usage }
  }
  const dialect = generation[recorded.dialect]
  if (dialect === undefined) return undefined
  const events = eventsOf(recorded, dialect)
  const usage = events.findLast((event) => event.type === 'usage')?.usage
  if (usage === undefined) return undefined
  return { model: recorded.model ?? foldAnswer(events).model, usage }
}

/** The answer of a recording in one of our dialects. */
export function answerEvents(recorded: Exchange): readonly GenEvent[] {
  return eventsOf(recorded, generation[recorded.dialect]!)
}

function eventsOf({ response, provider }: Exchange, dialect: Dialect): readonly GenEvent[] {
  const quirks = recordedQuirks(provider)
  const frames = framesOf(response)
  if (frames === undefined) return dialect.response.decode(response.body ?? null, quirks.response)
  const decoder = dialect.stream.decoder(quirks.event)
  return [...frames.flatMap((frame) => decoder.push(frame)), ...decoder.end()]
}

function framesOf({ sse, eventstream_base64 }: Exchange['response']): Frame[] | undefined {
  if (sse !== undefined) return parse('sse', Buffer.from(sse))
  if (eventstream_base64 === undefined) return undefined
  return parse('aws-event-stream', Buffer.from(eventstream_base64, 'base64'))
}

function parse(framing: FramingName, bytes: Uint8Array): Frame[] {
  const parser = createFrameParser(framing)
  return [...parser.push(bytes), ...parser.end()]
}

/** A leaf of a usage block that says something: its path, with `[]` for any element. */
export interface UsageLeaf {
  readonly path: string
  readonly value: Json
}

/** Every leaf of every usage block of the answer, wherever it stands; zeros, nulls and empty texts say nothing. */
export function usageLeaves({ response }: Exchange): UsageLeaf[] {
  const bodies: Json[] = framesOf(response)?.flatMap(({ data }) => parseJson(data) ?? []) ?? [
    response.body ?? parseJson(response.text ?? '') ?? null,
  ]
  return bodies.flatMap(blocksIn).flatMap((block) => leavesOf('', block))
}

const blockNames: ReadonlySet<string> = new Set(['usage', 'usageMetadata', 'meta', 'tool_usage'])

/** Groq's compound systems break the block down by the models they used: the same tokens again. */
const breakdown = 'usage_breakdown'

function blocksIn(value: Json): JsonObject[] {
  if (Array.isArray(value)) return asArray(value).flatMap(blocksIn)
  return Object.entries(asObject(value) ?? {}).flatMap(([name, member]): JsonObject[] => {
    if (member === undefined || name === breakdown) return []
    return blockNames.has(name) && isObject(member) ? [member] : blocksIn(member)
  })
}

function leavesOf(path: string, value: Json | undefined): UsageLeaf[] {
  if (value === undefined || value === null || value === 0 || value === '' || value === false) return []
  if (Array.isArray(value)) return asArray(value).flatMap((item) => leavesOf(`${path}[]`, item))
  const object = asObject(value)
  if (object === undefined) return [{ path, value }]
  const modality = asString(object['modality'])
  if (modality !== undefined) return leavesOf(`${path}.${modality}`, object['tokenCount'] ?? object['tokens'])
  return Object.entries(object).flatMap(([name, member]) =>
    leavesOf(path === '' ? name : `${path}.${name}`, member),
  )
}
