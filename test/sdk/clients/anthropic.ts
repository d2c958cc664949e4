/** The `@anthropic-ai/sdk` package. */

import Anthropic from '@anthropic-ai/sdk'
import { zodOutputFormat } from '@anthropic-ai/sdk/helpers/zod'
import {
  type ClientOptions,
  type Failure,
  forecastDescription,
  forecastSchema,
  type Question,
  type Said,
  type SdkClient,
  type ToolRound,
  toolResult,
} from './client.ts'
import { person } from './person.ts'

const tools: Anthropic.Tool[] = [
  { name: 'forecast', description: forecastDescription, input_schema: forecastSchema },
]

const classes: ReadonlyMap<number | undefined, new (...args: never[]) => Error> = new Map([
  [400, Anthropic.BadRequestError],
  [401, Anthropic.AuthenticationError],
  [403, Anthropic.PermissionDeniedError],
  [404, Anthropic.NotFoundError],
  [429, Anthropic.RateLimitError],
  [502, Anthropic.InternalServerError],
  [503, Anthropic.InternalServerError],
])

export function anthropicClient({ url, key }: ClientOptions): SdkClient {
  const { messages } = new Anthropic({ baseURL: url, apiKey: key, maxRetries: 0 })

  async function create(
    body: Anthropic.MessageCreateParamsNonStreaming,
    { stream, signal }: Question,
  ): Promise<Anthropic.Message> {
    return stream ? messages.stream(body, { signal }).finalMessage() : messages.create(body, { signal })
  }

  return {
    name: '@anthropic-ai/sdk',
    dialect: 'anthropic-messages',
    failureOf,
    async ask(question) {
      return saidOf(await create(bodyOf(question), question))
    },
    async toolRound(question): Promise<ToolRound> {
      const body = { ...bodyOf(question), tools }
      const { content } = await create(body, question)
      const calls = content.filter((block) => block.type === 'tool_use')
      const results = calls.map(({ id }) => ({
        type: 'tool_result' as const,
        tool_use_id: id,
        content: toolResult,
      }))
      const turns = [
        ...body.messages,
        { role: 'assistant' as const, content },
        { role: 'user' as const, content: results },
      ]
      const final = await create({ ...body, messages: turns }, question)
      return { calls: calls.map(({ name, input }) => ({ name, arguments: input })), final: saidOf(final) }
    },
    async person(model) {
      const body = { model, max_tokens: 500, messages: [{ role: 'user' as const, content: 'Who?' }] }
      return (await messages.parse({ ...body, output_config: { format: zodOutputFormat(person) } }))
        .parsed_output
    },
    async countTokens(model, text) {
      return (await messages.countTokens({ model, messages: [{ role: 'user', content: text }] })).input_tokens
    },
  }
}

function bodyOf(question: Question): Anthropic.MessageCreateParamsNonStreaming {
  const { model, text, system, maxTokens, temperature, image, thinks } = question
  const content: Anthropic.ContentBlockParam[] = [{ type: 'text', text }]
  if (image) {
    const source =
      'url' in image
        ? { type: 'url' as const, url: image.url }
        : { type: 'base64' as const, media_type: 'image/png' as const, data: image.base64 }
    content.push({ type: 'image', source })
  }
  return {
    model,
    max_tokens: maxTokens ?? 5000,
    messages: [{ role: 'user', content: image ? content : text }],
    ...(system !== undefined && { system }),
    ...(temperature !== undefined && { temperature }),
    ...(thinks && {
      thinking: { type: 'adaptive' as const, display: 'summarized' as const },
      output_config: { effort: 'low' as const },
    }),
  }
}

function saidOf({ content, usage }: Anthropic.Message): Said {
  const cachedTokens = usage.cache_read_input_tokens ?? 0
  const reasoning = content.flatMap((block) => (block.type === 'thinking' ? [block.thinking] : []))
  return {
    text: content.flatMap((block) => (block.type === 'text' ? [block.text] : [])).join(''),
    ...(reasoning.length > 0 && { reasoning: reasoning.join('') }),
    usage: { inputTokens: usage.input_tokens + cachedTokens, outputTokens: usage.output_tokens },
    cachedTokens,
  }
}

function failureOf(error: unknown): Failure {
  if (!(error instanceof Anthropic.APIError)) return { isTyped: false, status: undefined, code: undefined }
  const status = error.status as number | undefined
  const isTyped = error instanceof (classes.get(status) ?? Anthropic.APIError)
  return { isTyped, status, code: error.errorCode ?? undefined }
}
