/** Vercel's `ai` package, through each of its providers whose dialect Weir serves. */

import { inspect } from 'node:util'
import { createAnthropic } from '@ai-sdk/anthropic'
import { createGoogleGenerativeAI } from '@ai-sdk/google'
import { createOpenAI } from '@ai-sdk/openai'
import {
  APICallError,
  embedMany,
  type EmbeddingModel,
  generateText,
  jsonSchema,
  type LanguageModelUsage,
  type LanguageModel,
  type ModelMessage,
  Output,
  stepCountIs,
  streamText,
  tool,
} from 'ai'
import { asArray, asObject, asString, parseJson } from '../../../src/core/json.ts'
import {
  type ClientOptions,
  type Failure,
  forecastDescription,
  forecastSchema,
  type Question,
  type Said,
  type SdkClient,
  type ToolCall,
  type ToolRound,
  toolResult,
} from './client.ts'
import { person } from './person.ts'

type Options = NonNullable<Parameters<typeof generateText>[0]['providerOptions']>

interface VercelProvider {
  readonly name: string
  readonly dialect: SdkClient['dialect']
  model(name: string): LanguageModel
  embedder?(name: string): EmbeddingModel
  /** Sent with every call. */
  readonly options?: Options
  /** Sent where the question wants the model to think. */
  readonly thinking: Options
}

export function vercelClients({ url, key }: ClientOptions): SdkClient[] {
  const openai = createOpenAI({ baseURL: `${url}/v1`, apiKey: key })
  const anthropic = createAnthropic({ baseURL: `${url}/v1`, apiKey: key })
  const google = createGoogleGenerativeAI({ baseURL: `${url}/v1beta`, apiKey: key })
  const providers: VercelProvider[] = [
    {
      name: 'ai (openai chat)',
      dialect: 'openai-chat',
      model: (name) => openai.chat(name),
      embedder: (name) => openai.embedding(name),
      thinking: { openai: { reasoningEffort: 'low', forceReasoning: true, systemMessageMode: 'system' } },
    },
    {
      name: 'ai (openai responses)',
      dialect: 'openai-responses',
      model: (name) => openai.responses(name),
      // With its default of `store: true` it refers to earlier items by id, which only a store can resolve.
      options: { openai: { store: false } },
      thinking: {
        openai: { store: false, reasoningEffort: 'low', reasoningSummary: 'auto', forceReasoning: true },
      },
    },
    {
      name: 'ai (anthropic)',
      dialect: 'anthropic-messages',
      model: (name) => anthropic(name),
      // It knows by the model's name whether it obeys schemas, and Weir's names are its own.
      options: { anthropic: { structuredOutputMode: 'outputFormat' } },
      thinking: { anthropic: { thinking: { type: 'adaptive', display: 'summarized' }, effort: 'low' } },
    },
    {
      name: 'ai (google)',
      dialect: 'gemini',
      model: (name) => google(name),
      embedder: (name) => google.embedding(name),
      thinking: { google: { thinkingConfig: { includeThoughts: true } } },
    },
  ]
  return providers.map(vercelClient)
}

function vercelClient(provider: VercelProvider): SdkClient {
  const { name, dialect, model: modelOf, embedder } = provider

  async function generate(question: Question, calls?: ToolCall[]): Promise<Said> {
    const options = question.thinks ? provider.thinking : provider.options
    const common = {
      model: modelOf(question.model),
      maxRetries: 0,
      messages: messagesOf(question),
      ...(question.maxTokens !== undefined && { maxOutputTokens: question.maxTokens }),
      ...(question.temperature !== undefined && { temperature: question.temperature }),
      ...(question.signal && { abortSignal: question.signal }),
      ...(options && { providerOptions: options }),
      ...(calls && { tools: { forecast: forecastInto(calls) }, stopWhen: stepCountIs(3) }),
    }
    if (!question.stream) {
      const { text, reasoningText, usage } = await generateText(common)
      return said(text, reasoningText, usage)
    }
    const failures: Error[] = []
    const keep = (error: unknown) => failures.push(error instanceof Error ? error : new Error(inspect(error)))
    const stream = streamText({ ...common, onError: ({ error }) => void keep(error) })
    const answer = await Promise.all([stream.text, stream.reasoningText, stream.usage]).catch(keep)
    // An error told within the stream goes to `onError` alone, and is the reason where the promises fail later.
    const [reason] = failures
    if (reason) throw reason
    return said(...(answer as [string, string | undefined, LanguageModelUsage]))
  }

  return {
    name,
    dialect,
    failureOf,
    ask: (question) => generate(question),
    async toolRound(question): Promise<ToolRound> {
      const calls: ToolCall[] = []
      const final = await generate(question, calls)
      return { calls, final }
    },
    async person(model) {
      const { output } = await generateText({
        model: modelOf(model),
        maxRetries: 0,
        prompt: 'Who?',
        output: Output.object({ schema: person }),
        ...(provider.options && { providerOptions: provider.options }),
      })
      return output
    },
    ...(embedder && {
      async embed(model: string, texts: readonly string[]) {
        const { embeddings } = await embedMany({ model: embedder(model), values: [...texts], maxRetries: 0 })
        return embeddings
      },
    }),
  }
}

function forecastInto(calls: ToolCall[]) {
  return tool({
    description: forecastDescription,
    inputSchema: jsonSchema<{ city: string; days: number }>({ ...forecastSchema } as never),
    execute(input) {
      calls.push({ name: 'forecast', arguments: input })
      return toolResult
    },
  })
}

function messagesOf({ text, system, image }: Question): ModelMessage[] {
  const media = image && ('url' in image ? new URL(image.url) : image.base64)
  return [
    ...(system === undefined ? [] : [{ role: 'system' as const, content: system }]),
    {
      role: 'user',
      content: media
        ? [
            { type: 'text', text },
            { type: 'image', image: media, mediaType: 'image/png' },
          ]
        : text,
    },
  ]
}

interface TokenUsage {
  readonly inputTokens: number | undefined
  readonly outputTokens: number | undefined
  readonly inputTokenDetails: { readonly cacheReadTokens: number | undefined }
}

function said(text: string, reasoning: string | undefined, usage: TokenUsage): Said {
  const { inputTokens, outputTokens, inputTokenDetails } = usage
  const isKnown = inputTokens !== undefined && outputTokens !== undefined
  return {
    text,
    ...(reasoning !== undefined && { reasoning }),
    ...(isKnown && {
      usage: { inputTokens, outputTokens },
      cachedTokens: inputTokenDetails.cacheReadTokens ?? 0,
    }),
  }
}

function failureOf(error: unknown): Failure {
  if (!APICallError.isInstance(error)) return { isTyped: false, status: undefined, code: undefined }
  const body = asObject(asObject(parseJson(error.responseBody ?? ''))?.['error'])
  const reason = asString(asObject(asArray(body?.['details'])[0])?.['reason'])?.toLowerCase()
  return { isTyped: true, status: error.statusCode, code: reason ?? asString(body?.['code']) }
}
