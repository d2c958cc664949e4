/** The `openai` package over Chat Completions. */

import OpenAI from 'openai'
import { zodResponseFormat } from 'openai/helpers/zod'
import {
  type ClientOptions,
  forecastDescription,
  forecastSchema,
  type Question,
  type Said,
  type SdkClient,
  type ToolRound,
  toolResult,
} from './client.ts'
import { failureOfOpenAi } from './openai-failure.ts'
import { person } from './person.ts'

interface Reasoning {
  reasoning_content?: string
  reasoning_details?: unknown[]
}
type Message = OpenAI.ChatCompletionMessage & Reasoning
type Delta = OpenAI.ChatCompletionChunk.Choice.Delta & Reasoning

interface Answer {
  readonly message: Message
  readonly usage: OpenAI.CompletionUsage | undefined
}

const tools: OpenAI.ChatCompletionTool[] = [
  {
    type: 'function',
    function: { name: 'forecast', description: forecastDescription, parameters: forecastSchema },
  },
]

export function openAiChatClient({ url, key }: ClientOptions): SdkClient {
  const client = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })
  const { completions } = client.chat

  async function complete(
    body: OpenAI.ChatCompletionCreateParamsNonStreaming,
    { stream, signal }: Question,
  ): Promise<Answer> {
    if (stream) {
      const options = { stream: true as const, stream_options: { include_usage: true } }
      return gathered(await completions.create({ ...body, ...options }, { signal }))
    }
    const { choices, usage } = await completions.create(body, { signal })
    return { message: choices[0]!.message, usage }
  }

  return {
    name: 'openai (chat)',
    dialect: 'openai-chat',
    failureOf: failureOfOpenAi,
    async ask(question) {
      return saidOf(await complete(bodyOf(question), question))
    },
    async toolRound(question): Promise<ToolRound> {
      const body = { ...bodyOf(question), tools }
      const asked = (await complete(body, question)).message
      const calls = (asked.tool_calls ?? []).filter((call) => call.type === 'function')
      const results = calls.map(({ id }) => ({
        role: 'tool' as const,
        tool_call_id: id,
        content: toolResult,
      }))
      const messages = [...body.messages, asked, ...results]
      const final = await complete({ ...body, messages }, question)
      return {
        calls: calls.map(({ function: { name, arguments: text } }) => ({
          name,
          arguments: JSON.parse(text) as unknown,
        })),
        final: saidOf(final),
      }
    },
    async person(model) {
      const body = { model, messages: [{ role: 'user' as const, content: 'Who?' }] }
      const parsed = await completions.parse({
        ...body,
        response_format: zodResponseFormat(person, 'person'),
      })
      return parsed.choices[0]?.message.parsed
    },
    async embed(model, texts) {
      const { data } = await client.embeddings.create({ model, input: [...texts], dimensions: 64 })
      return data.map(({ embedding }) => embedding)
    },
  }
}

function bodyOf(question: Question): OpenAI.ChatCompletionCreateParamsNonStreaming {
  const { model, text, system, maxTokens, temperature, image, thinks } = question
  const content: OpenAI.ChatCompletionContentPart[] = [{ type: 'text', text }]
  if (image) {
    const address = 'url' in image ? image.url : `data:image/png;base64,${image.base64}`
    content.push({ type: 'image_url', image_url: { url: address } })
  }
  return {
    model,
    messages: [
      ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
      { role: 'user', content: image ? content : text },
    ],
    ...(maxTokens !== undefined && { max_completion_tokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(thinks && { reasoning_effort: 'low' as const }),
  }
}

/** The message of a stream, as the next turn wants it: with what compatible providers add for reasoning. */
async function gathered(stream: AsyncIterable<OpenAI.ChatCompletionChunk>): Promise<Answer> {
  const message: Message = { role: 'assistant', content: null, refusal: null }
  const calls: OpenAI.ChatCompletionMessageFunctionToolCall[] = []
  let usage: OpenAI.CompletionUsage | undefined
  for await (const chunk of stream) {
    usage = chunk.usage ?? usage
    const delta = (chunk.choices[0]?.delta ?? {}) as Delta
    if (delta.content) message.content = (message.content ?? '') + delta.content
    if (delta.reasoning_content) {
      message.reasoning_content = (message.reasoning_content ?? '') + delta.reasoning_content
    }
    if (delta.reasoning_details) (message.reasoning_details ??= []).push(...delta.reasoning_details)
    for (const { index, id, function: part } of delta.tool_calls ?? []) {
      calls[index] ??= { type: 'function', id: id!, function: { name: part!.name!, arguments: '' } }
      calls[index].function.arguments += part?.arguments ?? ''
    }
  }
  return { message: calls.length > 0 ? { ...message, tool_calls: calls } : message, usage }
}

function saidOf({ message, usage }: Answer): Said {
  return {
    text: message.content ?? '',
    ...(message.reasoning_content !== undefined && { reasoning: message.reasoning_content }),
    ...(usage && {
      usage: { inputTokens: usage.prompt_tokens, outputTokens: usage.completion_tokens },
      cachedTokens: usage.prompt_tokens_details?.cached_tokens ?? 0,
    }),
  }
}
