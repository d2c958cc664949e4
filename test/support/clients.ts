/** Clients of every dialect, as tests need them: how each asks, and what each makes of an answer's bytes. */

import { asArray, asObject, asString, type Json, type JsonObject, parseJson } from '../../src/core/json.ts'

export const clientNames = [
  'openai-chat',
  'openai-responses',
  'anthropic-messages',
  'gemini',
  'gemini-array',
] as const

/** `gemini-array` is Gemini streamed as one JSON array, its default; `gemini` asks for server-sent events. */
export type ClientName = (typeof clientNames)[number]

export interface Ask {
  readonly model: string
  readonly text: string
  readonly stream: boolean
  readonly maxTokens?: number
  readonly tools?: boolean
}

/** What a client knows once its answer has ended. */
export interface Reading {
  readonly text: string
  /** The dialect's own proof that the answer is whole has come. */
  readonly isFinished: boolean
  /** `[DONE]`, for the dialect that has it. */
  readonly isClosed: boolean
  /** The code is Weir's, or the provider's where its own error event was passed on. */
  readonly error?: { readonly code: string | undefined; readonly message: string }
  /** Something that the dialect's SDK could not have parsed. */
  readonly garbled?: string
}

export interface TestClient {
  path(ask: Ask): string
  body(ask: Ask): JsonObject
  /** Reads a whole answer, an error included. */
  readWhole(body: string): Reading
  readStream(body: string): Reading
}

const schema = { type: 'object', properties: { query: { type: 'string' } }, required: ['query'] }

interface Notes {
  text: string
  isFinished: boolean
  isClosed: boolean
  error?: { code: string | undefined; message: string }
  garbled?: string
}

const blank = (): Notes => ({ text: '', isFinished: false, isClosed: false })

function openAiError(value: JsonObject): NonNullable<Notes['error']> {
  return { code: asString(value['code']), message: asString(value['message']) ?? '' }
}

// -- OpenAI Chat Completions

function noteChat(notes: Notes, value: JsonObject): void {
  const error = asObject(value['error'])
  if (error) notes.error = openAiError(error)
  for (const each of asArray(value['choices'])) {
    const choice = asObject(each) ?? {}
    const said = asObject(choice['delta']) ?? asObject(choice['message'])
    notes.text += asString(said?.['content']) ?? ''
    if (asString(choice['finish_reason']) !== undefined) notes.isFinished = true
  }
}

// -- OpenAI Responses

function noteResponses(notes: Notes, value: JsonObject): void {
  switch (asString(value['type'])) {
    case 'response.output_text.delta':
      notes.text += asString(value['delta']) ?? ''
      return
    case 'response.completed':
    case 'response.incomplete':
      notes.isFinished = true
      return
    case 'response.failed':
      // Behind an `error` event, whose code is Weir's own.
      notes.error ??= openAiError(asObject(asObject(value['response'])?.['error']) ?? {})
      return
    case 'error':
      notes.error = openAiError(asObject(value['error']) ?? value)
      return
    default:
      noteResponsesWhole(notes, value)
  }
}

function noteResponsesWhole(notes: Notes, value: JsonObject): void {
  const error = asObject(value['error'])
  if (error) notes.error = openAiError(error)
  const status = asString(value['status'])
  if (value['object'] === 'response' && (status === 'completed' || status === 'incomplete')) {
    notes.isFinished = true
  }
  for (const item of asArray(value['output'])) {
    for (const part of asArray(asObject(item)?.['content'])) {
      notes.text += asString(asObject(part)?.['text']) ?? ''
    }
  }
}

// -- Anthropic Messages

function noteMessages(notes: Notes, value: JsonObject): void {
  switch (asString(value['type'])) {
    case 'content_block_delta':
      notes.text += asString(asObject(value['delta'])?.['text']) ?? ''
      return
    case 'message_stop':
      notes.isFinished = true
      return
    case 'error':
      notes.error = openAiError(asObject(value['error']) ?? {})
      return
    case 'message':
      for (const part of asArray(value['content'])) notes.text += asString(asObject(part)?.['text']) ?? ''
      if (asString(value['stop_reason']) !== undefined) notes.isFinished = true
      return
    default:
    // Pings, and starts and ends of blocks, say nothing that a test asks for.
  }
}

// -- Gemini

function noteGemini(notes: Notes, value: JsonObject): void {
  const error = asObject(value['error'])
  if (error) {
    const reasons = asArray(error['details']).map((detail) => asString(asObject(detail)?.['reason']))
    const code = reasons.find((reason) => reason !== undefined)?.toLowerCase()
    notes.error = { code, message: asString(error['message']) ?? '' }
  }
  for (const each of asArray(value['candidates'])) {
    const candidate = asObject(each) ?? {}
    for (const part of asArray(asObject(candidate['content'])?.['parts'])) {
      notes.text += asString(asObject(part)?.['text']) ?? ''
    }
    if (asString(candidate['finishReason']) !== undefined) notes.isFinished = true
  }
}

// -- reading

type Note = (notes: Notes, value: JsonObject) => void

function readDocument(body: string, note: Note): Reading {
  const notes = blank()
  const value = asObject(parseJson(body))
  if (value) note(notes, value)
  else notes.garbled = body.slice(0, 200)
  return notes
}

function readEvents(body: string, note: Note): Reading {
  const notes = blank()
  for (const event of body.split(/\r?\n\r?\n/)) {
    const lines = event.split(/\r?\n/).filter((line) => line.startsWith('data:'))
    if (lines.length === 0) continue
    const data = lines.map((line) => line.slice(5).trimStart()).join('\n')
    if (data === '[DONE]') {
      notes.isClosed = true
      continue
    }
    const value = asObject(parseJson(data))
    if (value) note(notes, value)
    else notes.garbled ??= data.slice(0, 200)
  }
  return notes
}

function readArray(body: string): Reading {
  const notes = blank()
  const values = parseJson(body)
  if (!Array.isArray(values)) return { ...notes, garbled: body.slice(0, 200) }
  for (const value of values as Json[]) noteGemini(notes, asObject(value) ?? {})
  return notes
}

function geminiBody({ text, maxTokens, tools }: Ask): JsonObject {
  return {
    contents: [{ role: 'user', parts: [{ text }] }],
    ...(maxTokens !== undefined && { generationConfig: { maxOutputTokens: maxTokens } }),
    ...(tools && {
      tools: [{ functionDeclarations: [{ name: 'lookup', description: 'Looks up', parameters: schema }] }],
    }),
  }
}

const geminiPath = ({ model, stream }: Ask, query: string) =>
  `/v1beta/models/${encodeURIComponent(model)}:${stream ? `streamGenerateContent${query}` : 'generateContent'}`

const openAiTool = { name: 'lookup', description: 'Looks up', parameters: schema }

export const clients: Readonly<Record<ClientName, TestClient>> = {
  'openai-chat': {
    path: () => '/v1/chat/completions',
    body: ({ model, text, stream, maxTokens, tools }) => ({
      model,
      messages: [{ role: 'user', content: text }],
      ...(stream && { stream }),
      ...(maxTokens !== undefined && { max_completion_tokens: maxTokens }),
      ...(tools && { tools: [{ type: 'function', function: openAiTool }] }),
    }),
    readWhole: (body) => readDocument(body, noteChat),
    readStream: (body) => readEvents(body, noteChat),
  },
  'openai-responses': {
    path: () => '/v1/responses',
    body: ({ model, text, stream, maxTokens, tools }) => ({
      model,
      input: text,
      ...(stream && { stream }),
      ...(maxTokens !== undefined && { max_output_tokens: maxTokens }),
      ...(tools && { tools: [{ type: 'function', ...openAiTool }] }),
    }),
    readWhole: (body) => readDocument(body, noteResponsesWhole),
    readStream: (body) => readEvents(body, noteResponses),
  },
  'anthropic-messages': {
    path: () => '/v1/messages',
    body: ({ model, text, stream, maxTokens, tools }) => ({
      model,
      max_tokens: maxTokens ?? 4096,
      messages: [{ role: 'user', content: text }],
      ...(stream && { stream }),
      ...(tools && { tools: [{ name: 'lookup', description: 'Looks up', input_schema: schema }] }),
    }),
    readWhole: (body) => readDocument(body, noteMessages),
    readStream: (body) => readEvents(body, noteMessages),
  },
  gemini: {
    path: (ask) => geminiPath(ask, '?alt=sse'),
    body: geminiBody,
    readWhole: (body) => readDocument(body, noteGemini),
    readStream: (body) => readEvents(body, noteGemini),
  },
  'gemini-array': {
    path: (ask) => geminiPath(ask, ''),
    body: geminiBody,
    readWhole: (body) => readDocument(body, noteGemini),
    readStream: readArray,
  },
}
