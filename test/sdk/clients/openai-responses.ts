/** The `openai` package over Responses. */

import OpenAI from 'openai'
import { zodTextFormat } from 'openai/helpers/zod'
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

type Body = OpenAI.Responses.ResponseCreateParamsNonStreaming & { input: OpenAI.Responses.ResponseInput }

const tools: OpenAI.Responses.Tool[] = [
  {
    type: 'function',
    name: 'forecast',
    description: forecastDescription,
    parameters: forecastSchema,
    strict: true,
  },
]

export function openAiResponsesClient({ url, key }: ClientOptions): SdkClient {
  const { responses } = new OpenAI({ baseURL: `${url}/v1`, apiKey: key, maxRetries: 0 })

  async function respond(body: Body, { stream, signal }: Question): Promise<OpenAI.Responses.Response> {
    if (!stream) return responses.create(body, { signal })
    return responses.stream({ ...body, stream: true }, { signal }).finalResponse()
  }

  return {
    name: 'openai (responses)',
    dialect: 'openai-responses',
    failureOf: failureOfOpenAi,
    async ask(question) {
      return saidOf(await respond(bodyOf(question), question))
    },
    async toolRound(question): Promise<ToolRound> {
      const body = { ...bodyOf(question), tools }
      const { output } = await respond(body, question)
      const calls = output.filter((item) => item.type === 'function_call')
      const results = calls.map(({ call_id }) => ({
        type: 'function_call_output' as const,
        call_id,
        output: toolResult,
      }))
      const input = [...body.input, ...(output as OpenAI.Responses.ResponseInput), ...results]
      const final = await respond({ ...body, input }, question)
      return {
        calls: calls.map(({ name, arguments: text }) => ({ name, arguments: JSON.parse(text) as unknown })),
        final: saidOf(final),
      }
    },
    async person(model) {
      const text = { format: zodTextFormat(person, 'person') }
      return (await responses.parse({ model, input: 'Who?', text })).output_parsed
    },
    async countTokens(model, text) {
      return (await responses.inputTokens.count({ model, input: text })).input_tokens
    },
  }
}

function bodyOf(question: Question): Body {
  const { model, text, system, maxTokens, temperature, image, thinks } = question
  const content: OpenAI.Responses.ResponseInputMessageContentList = [{ type: 'input_text', text }]
  if (image) {
    const image_url = 'url' in image ? image.url : `data:image/png;base64,${image.base64}`
    content.push({ type: 'input_image', image_url, detail: 'auto' })
  }
  return {
    model,
    input: [{ role: 'user', content: image ? content : text }],
    store: false,
    ...(system !== undefined && { instructions: system }),
    ...(maxTokens !== undefined && { max_output_tokens: maxTokens }),
    ...(temperature !== undefined && { temperature }),
    ...(thinks && {
      reasoning: { effort: 'low' as const, summary: 'auto' as const },
      include: ['reasoning.encrypted_content' as const],
    }),
  }
}

function saidOf({ output, output_text, usage }: OpenAI.Responses.Response): Said {
  const reasoning = output
    .filter((item) => item.type === 'reasoning')
    .flatMap(({ summary, content }) => [...summary, ...(content ?? [])].map(({ text }) => text))
  return {
    text: output_text,
    ...(reasoning.length > 0 && { reasoning: reasoning.join('') }),
    ...(usage && {
      usage: { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens },
      cachedTokens: usage.input_tokens_details.cached_tokens,
    }),
  }
}
