/** LangChain's `@langchain/openai` package. */

import {
  AIMessageChunk,
  type BaseMessage,
  HumanMessage,
  SystemMessage,
  type ToolMessage,
  type UsageMetadata,
} from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI, OpenAIEmbeddings } from '@langchain/openai'
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

const forecast = tool(() => toolResult, {
  name: 'forecast',
  description: forecastDescription,
  schema: forecastSchema,
})

export function langChainClient({ url, key }: ClientOptions): SdkClient {
  const configuration = { baseURL: `${url}/v1` }
  const modelOf = ({ model, maxTokens, temperature, thinks }: Pick<Question, 'model'> & Partial<Question>) =>
    new ChatOpenAI({
      model,
      configuration,
      apiKey: key,
      maxRetries: 0,
      ...(maxTokens !== undefined && { maxTokens }),
      ...(temperature !== undefined && { temperature }),
      ...(thinks && { reasoning: { effort: 'low' as const } }),
    })

  return {
    name: '@langchain/openai',
    dialect: 'openai-chat',
    failureOf: failureOfOpenAi,
    async ask(question) {
      return saidOf(await answerOf(modelOf(question), messagesOf(question), question))
    },
    async toolRound(question): Promise<ToolRound> {
      const model = modelOf(question).bindTools([forecast])
      const messages = messagesOf(question)
      const asked = await answerOf(model, messages, question)
      const calls = asked.tool_calls ?? []
      messages.push(asked)
      for (const call of calls) {
        messages.push((await forecast.invoke({ ...call, type: 'tool_call' })) as unknown as ToolMessage)
      }
      const final = await answerOf(model, messages, question)
      return { calls: calls.map(({ name, args }) => ({ name, arguments: args })), final: saidOf(final) }
    },
    person(model) {
      const structured = modelOf({ model }).withStructuredOutput(person, { method: 'jsonSchema' })
      return structured.invoke('Who?')
    },
    embed(model, texts) {
      const embeddings = new OpenAIEmbeddings({
        model,
        configuration,
        apiKey: key,
        maxRetries: 0,
        dimensions: 64,
      })
      return embeddings.embedDocuments([...texts])
    },
  }
}

type Runnable = Pick<ChatOpenAI, 'invoke' | 'stream'>

async function answerOf(
  model: Runnable,
  messages: BaseMessage[],
  { stream, signal }: Question,
): Promise<AIMessageChunk> {
  const options = { ...(signal && { signal }) }
  if (!stream) return model.invoke(messages, options)
  let whole: AIMessageChunk | undefined
  for await (const chunk of await model.stream(messages, options)) whole = whole ? whole.concat(chunk) : chunk
  return whole ?? new AIMessageChunk('')
}

function messagesOf({ text, system, image }: Question): BaseMessage[] {
  const address = image && ('url' in image ? image.url : `data:image/png;base64,${image.base64}`)
  const user =
    address === undefined
      ? new HumanMessage(text)
      : new HumanMessage({
          content: [
            { type: 'text', text },
            { type: 'image_url', image_url: { url: address } },
          ],
        })
  return system === undefined ? [user] : [new SystemMessage(system), user]
}

function saidOf(message: AIMessageChunk): Said {
  const usage = message.usage_metadata as UsageMetadata | undefined
  const reasoning = message.additional_kwargs['reasoning_content']
  return {
    text: message.text,
    ...(typeof reasoning === 'string' && { reasoning }),
    ...(usage && {
      usage: { inputTokens: usage.input_tokens, outputTokens: usage.output_tokens },
      cachedTokens: usage.input_token_details?.cache_read ?? 0,
    }),
  }
}
