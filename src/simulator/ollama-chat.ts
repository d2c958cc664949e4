/** Writes Ollama's own chat. */

import { asArray, asNumber, asObject, asString, type Json, type JsonObject, parseJson } from '../core/json.ts'
import { blockTokens, type SimBlock, type SimUsage, textOf, tokensOf } from './answer.ts'
import { contentText, type OfferedTool, type Prompt, PromptReader } from './prompt.ts'
import type { ErrorWords, Reply, SimFrame, Wire } from './wire.ts'

const error = ({ message }: ErrorWords): JsonObject => ({ error: message })

export const ollamaChat: Wire = {
  name: 'ollama-chat',
  stream: { framing: 'ndjson', contentType: 'application/x-ndjson' },
  read,
  whole,
  frames,
  usageFrame: (reply, usage) =>
    line(reply, 'usage', { message: { content: '' }, done: false, ...metrics(usage) }),
  error,
  errorFrame: (words) => ({ value: error(words), role: 'other', tokens: 0 }),
  strangeFrame: (reply) => line(reply, 'open', { message: { content: '' }, done: false }),
  headers: ({ nowMs }) => [['date', new Date(nowMs).toUTCString()]],
}

function read(body: JsonObject): Prompt {
  const reader = new PromptReader()
  for (const value of asArray(body['messages'])) {
    const message = asObject(value) ?? {}
    const text = contentText(message['content'], reader)
    if (message['role'] === 'user') reader.user(text)
    else if (message['role'] === 'tool') reader.toolResult(text)
    else if (message['role'] === 'assistant') reader.assistant(text)
    else reader.text(text)
    reader.text(asString(message['thinking']) ?? '')
    asArray(message['images']).forEach(() => reader.media())
    for (const call of asArray(message['tool_calls'])) {
      reader.text(JSON.stringify(asObject(asObject(call)?.['function'])?.['arguments'] ?? {}))
    }
  }
  const tools = asArray(body['tools']).flatMap((value): OfferedTool[] => {
    const called = asObject(asObject(value)?.['function'])
    const name = asString(called?.['name'])
    const schema = asObject(called?.['parameters'])
    return name === undefined ? [] : [reader.tool(schema ? { name, schema } : { name })]
  })
  const schema = asObject(body['format'])
  const limit = asNumber(asObject(body['options'])?.['num_predict'])
  return reader.prompt({
    tools,
    toolChoice: 'auto', // the dialect has no choice
    choices: 1,
    ...(limit !== undefined && limit >= 0 && { maxOutputTokens: limit }),
    ...(schema ? { format: { schema } } : body['format'] === 'json' && { format: {} }),
  })
}

const doneReasons: Readonly<Record<string, string>> = { refusal: 'stop', tools: 'stop', tool_calls: 'stop' }

const ending = ({ answer }: Reply): JsonObject => ({
  done_reason: doneReasons[answer.finish] ?? answer.finish,
  done: true,
  ...metrics(answer.usage),
})

/** Durations are of no interest and the same in every run. */
function metrics({ inputTokens, outputTokens }: SimUsage): JsonObject {
  return {
    total_duration: 2_000_000,
    load_duration: 1_000_000,
    prompt_eval_count: inputTokens,
    prompt_eval_duration: 500_000,
    eval_count: outputTokens,
    eval_duration: 500_000,
  }
}

function whole(reply: Reply): JsonObject {
  const joined = (...kinds: readonly SimBlock['kind'][]) =>
    reply.answer.blocks.flatMap((block) => (kinds.includes(block.kind) ? [textOf(block)] : [])).join('')
  const thinking = joined('reasoning')
  const calls = reply.answer.blocks.flatMap((block) => (block.kind === 'tool' ? [callOf(block)] : []))
  const message = {
    content: joined('text', 'refusal'),
    ...(thinking !== '' && { thinking }),
    ...(calls.length > 0 && { tool_calls: calls }),
  }
  return { ...head(reply), message: { role: 'assistant', ...message }, ...ending(reply) }
}

function callOf(block: Extract<SimBlock, { kind: 'tool' }>): JsonObject {
  // Cut arguments: the server has no object to show.
  const input: Json = asObject(parseJson(textOf(block))) ?? {}
  return { function: { name: block.name, arguments: input } }
}

function frames(reply: Reply): SimFrame[] {
  const written = reply.answer.blocks.flatMap((block): SimFrame[] => {
    const piece = (message: JsonObject, tokens: number) =>
      line(reply, 'delta', { message, done: false }, tokens)
    switch (block.kind) {
      case 'tool':
        return [piece({ content: '', tool_calls: [callOf(block)] }, blockTokens(block))]
      case 'reasoning':
        return block.pieces.map((thinking) => piece({ content: '', thinking }, tokensOf(thinking)))
      case 'text':
      case 'refusal':
        return block.pieces.map((content) => piece({ content }, tokensOf(content)))
    }
  })
  return [...written, line(reply, 'finish', { message: { content: '' }, ...ending(reply) })]
}

const head = ({ model, nowMs }: Reply) => ({ model, created_at: new Date(nowMs).toISOString() })

function line(reply: Reply, role: SimFrame['role'], rest: JsonObject, tokens = 0): SimFrame {
  const { message, ...beside } = rest
  const value = { ...head(reply), message: { role: 'assistant', ...asObject(message) }, ...beside }
  return { value, role, tokens }
}
