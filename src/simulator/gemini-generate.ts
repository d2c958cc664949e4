/** Writes Gemini's generateContent. */

import { asArray, asNumber, asObject, asString, type JsonObject } from '../core/json.ts'
import { blockTokens, type SimBlock, type SimUsage, textOf, tokensOf } from './answer.ts'
import { identifier } from './identifier.ts'
import { contentText, type OfferedTool, type Prompt, PromptReader } from './prompt.ts'
import type { ErrorWords, Reply, SimFrame, Wire } from './wire.ts'

export const geminiGenerate: Wire = {
  name: 'gemini-generate',
  read,
  whole,
  frames,
  usageFrame: (reply, usage) => frame(reply, { text: '' }, 'usage', usage),
  error,
  errorFrame: (words) => ({ value: error(words), role: 'other', tokens: 0 }),
  strangeFrame: (reply) => {
    const { candidates: _none, ...rest } = frame(reply, {}, 'open', spent(reply, 0)).value as JsonObject
    return { value: rest, role: 'open', tokens: 0 }
  },
  headers: ({ nowMs }) => [
    ['date', new Date(nowMs).toUTCString()],
    ['vary', 'Origin, X-Origin, Referer'],
    ['server', 'scaffolding on HTTPServer2'],
    ['server-timing', 'gfet4t7; dur=7'],
  ],
}

function read(outer: JsonObject): Prompt {
  // Counting tokens may ask about a whole request.
  const body = asObject(outer['generateContentRequest']) ?? outer
  const reader = new PromptReader()
  const system = asObject(body['systemInstruction']) ?? asObject(body['system_instruction'])
  reader.text(contentText(system?.['parts'], reader))
  for (const value of asArray(body['contents'])) readContent(asObject(value) ?? {}, reader)
  const tools = asArray(body['tools']).flatMap((value) =>
    asArray(asObject(value)?.['functionDeclarations'] ?? asObject(value)?.['function_declarations']).flatMap(
      (declaration): OfferedTool[] => {
        const name = asString(asObject(declaration)?.['name'])
        // Google's Python client writes this one name in snake case, which its API reads alike.
        const schema =
          asObject(asObject(declaration)?.['parametersJsonSchema']) ??
          asObject(asObject(declaration)?.['parameters_json_schema']) ??
          asObject(asObject(declaration)?.['parameters'])
        return name === undefined ? [] : [reader.tool(schema ? { name, schema } : { name })]
      },
    ),
  )
  const config = asObject(body['generationConfig']) ?? asObject(body['generation_config']) ?? {}
  const limit = asNumber(config['maxOutputTokens'])
  const schema = asObject(config['responseJsonSchema']) ?? asObject(config['responseSchema'])
  const isJson = schema !== undefined || config['responseMimeType'] === 'application/json'
  return reader.prompt({
    tools,
    toolChoice: toolChoice(asObject(asObject(body['toolConfig'])?.['functionCallingConfig'])),
    choices: Math.max(1, asNumber(config['candidateCount']) ?? 1),
    ...(limit !== undefined && { maxOutputTokens: limit }),
    ...(isJson && { format: schema ? { schema } : {} }),
  })
}

function toolChoice(config: JsonObject | undefined): Prompt['toolChoice'] {
  if (config?.['mode'] === 'NONE') return 'none'
  if (config?.['mode'] !== 'ANY') return 'auto'
  const names = asArray(config['allowedFunctionNames'])
  return names.length === 1 && typeof names[0] === 'string' ? { name: names[0] } : 'required'
}

function readContent(content: JsonObject, reader: PromptReader): void {
  const parts = asArray(content['parts']).map((part) => asObject(part) ?? {})
  const spoken = parts.filter((part) => part['thought'] !== true)
  const text = contentText(spoken, reader)
  if (content['role'] === 'model') reader.assistant(text)
  else reader.user(text)
  for (const part of parts) {
    if (part['functionResponse'])
      reader.toolResult(JSON.stringify(asObject(part['functionResponse'])?.['response'] ?? null))
    if (part['functionCall']) reader.text(JSON.stringify(asObject(part['functionCall'])?.['args'] ?? {}))
    if (part['inlineData'] || part['fileData']) reader.media()
    const signature = asString(part['thoughtSignature'])
    if (signature !== undefined) reader.signature(toBase64Url(signature))
  }
}

// The field is bytes: standard base64 on the wire.
const toBase64 = (text: string) => Buffer.from(text, 'base64url').toString('base64')
const toBase64Url = (text: string) => Buffer.from(text, 'base64').toString('base64url')

const finishReasons: Readonly<Record<string, string>> = {
  stop: 'STOP',
  tools: 'STOP',
  tool_calls: 'STOP',
  length: 'MAX_TOKENS',
  refusal: 'SAFETY',
  content_filter: 'SAFETY',
}

const finishReason = (finish: string) => finishReasons[finish] ?? finish

function whole(reply: Reply): JsonObject {
  const { answer } = reply
  const parts = signed(
    reply,
    answer.blocks.map((block) => partOf(block, textOf(block))),
  )
  return bodyOf(reply, parts, answer.usage, finishReason(answer.finish))
}

function partOf(block: SimBlock, text: string): JsonObject {
  switch (block.kind) {
    case 'text':
    case 'refusal':
      return { text }
    case 'reasoning':
      return { text, thought: true }
    case 'tool':
      return { functionCall: { name: block.name, args: parsed(text) } }
  }
}

/** Cut arguments cannot be sent as an object: the call comes without them. */
function parsed(text: string): JsonObject {
  try {
    return asObject(JSON.parse(text)) ?? {}
  } catch {
    return {}
  }
}

/** Signatures stand on the first part after the thoughts. */
function signed(reply: Reply, parts: readonly JsonObject[]): JsonObject[] {
  const reasoning = reply.answer.blocks.find((block) => block.kind === 'reasoning')
  const at = parts.findIndex((part) => part['thought'] !== true)
  if (reasoning === undefined) return [...parts]
  const mark = { thoughtSignature: toBase64(reasoning.signature) }
  if (at < 0) return [...parts, { text: '', ...mark }]
  return parts.map((part, index) => (index === at ? { ...part, ...mark } : part))
}

function bodyOf(
  reply: Reply,
  parts: readonly JsonObject[],
  usage: SimUsage,
  finish: string | undefined,
): JsonObject {
  const isCall = parts.some((part) => part['functionCall'])
  const visible = (usage.outputTokens - usage.reasoningTokens) * reply.prompt.choices
  const candidate = {
    content: { parts, role: 'model' },
    ...(finish !== undefined && { finishReason: finish }),
    ...(finish === 'STOP' && isCall && { finishMessage: 'Model generated function call(s).' }),
  }
  return {
    candidates: Array.from({ length: reply.prompt.choices }, (_, index) => ({ ...candidate, index })),
    usageMetadata: {
      promptTokenCount: usage.inputTokens,
      ...(visible > 0 && { candidatesTokenCount: visible }),
      totalTokenCount: usage.inputTokens + visible + usage.reasoningTokens,
      promptTokensDetails: [{ modality: 'TEXT', tokenCount: usage.inputTokens }],
      ...(usage.reasoningTokens > 0 && { thoughtsTokenCount: usage.reasoningTokens }),
      serviceTier: 'standard',
    },
    modelVersion: reply.model,
    responseId: identifier('', reply.n, 23),
  }
}

function frame(reply: Reply, part: JsonObject, role: SimFrame['role'], usage: SimUsage): SimFrame {
  return { value: bodyOf(reply, [part], usage, undefined), role, tokens: 0 }
}

/** The usage that a chunk tells in which `outputTokens` have been written, reasoning first. */
function spent({ answer }: Reply, outputTokens: number): SimUsage {
  const { inputTokens, reasoningTokens } = answer.usage
  return { inputTokens, outputTokens, reasoningTokens: Math.min(reasoningTokens, outputTokens) }
}

function frames(reply: Reply): SimFrame[] {
  const { answer } = reply
  const written: SimFrame[] = []
  const reasoning = answer.blocks.find((block) => block.kind === 'reasoning')
  let isMarked = reasoning === undefined
  let soFar = 0
  const push = (part: JsonObject, tokens: number) => {
    soFar = Math.min(soFar + tokens, answer.usage.outputTokens)
    const needsMark = !isMarked && part['thought'] !== true
    const marked = needsMark ? signed(reply, [part])[0]! : part
    isMarked ||= needsMark
    written.push({ ...frame(reply, marked, 'delta', spent(reply, soFar)), tokens })
  }
  for (const block of answer.blocks) {
    // A call is never cut: arguments come whole.
    if (block.kind === 'tool') push(partOf(block, textOf(block)), blockTokens(block))
    else for (const piece of block.pieces) push(partOf(block, piece), tokensOf(piece))
  }
  const last = isMarked ? [{ text: '' }] : signed(reply, [{ text: '' }])
  written.push({
    value: bodyOf(reply, last, answer.usage, finishReason(answer.finish)),
    role: 'finish',
    tokens: 0,
  })
  return written
}

const statuses: Readonly<Record<number, string>> = {
  400: 'INVALID_ARGUMENT',
  401: 'UNAUTHENTICATED',
  403: 'PERMISSION_DENIED',
  404: 'NOT_FOUND',
  429: 'RESOURCE_EXHAUSTED',
  500: 'INTERNAL',
  503: 'UNAVAILABLE',
  504: 'DEADLINE_EXCEEDED',
}

function error({ status, message, details }: ErrorWords): JsonObject {
  const word = statuses[status] ?? (status < 500 ? 'FAILED_PRECONDITION' : 'UNAVAILABLE')
  return { error: { code: status, message, status: word, ...(details && { details }) } }
}
