/** The `@google/genai` package. */

import { ApiError, type Content, type GenerateContentParameters, GoogleGenAI, type Part } from '@google/genai'
import { z } from 'zod'
import { asArray, asObject, asString, parseJson } from '../../../src/core/json.ts'
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

const tools = [
  {
    functionDeclarations: [
      { name: 'forecast', description: forecastDescription, parametersJsonSchema: forecastSchema },
    ],
  },
]

type Body = GenerateContentParameters & { contents: Content[] }

interface Answer {
  readonly parts: Part[]
  readonly told: Pick<Said, 'usage' | 'cachedTokens'>
}

export function geminiClient({ url, key }: ClientOptions): SdkClient {
  const { models } = new GoogleGenAI({ apiKey: key, httpOptions: { baseUrl: url } })

  /** The parts of a stream are kept as they came, which is what Google's chat helper sends back. */
  async function generate(body: Body, stream: boolean): Promise<Answer> {
    const parts: Part[] = []
    let told: Answer['told'] = {}
    const chunks = stream
      ? await models.generateContentStream(body)
      : [await models.generateContent(body)].values()
    for await (const { candidates, usageMetadata } of chunks) {
      parts.push(...(candidates?.[0]?.content?.parts ?? []))
      if (usageMetadata) {
        const { promptTokenCount = 0, candidatesTokenCount = 0, thoughtsTokenCount = 0 } = usageMetadata
        const outputTokens = candidatesTokenCount + thoughtsTokenCount
        told = {
          usage: { inputTokens: promptTokenCount, outputTokens },
          cachedTokens: usageMetadata.cachedContentTokenCount ?? 0,
        }
      }
    }
    return { parts, told }
  }

  return {
    name: '@google/genai',
    dialect: 'gemini',
    failureOf,
    async ask(question) {
      return saidOf(await generate(bodyOf(question), question.stream))
    },
    async toolRound(question): Promise<ToolRound> {
      const asking = bodyOf(question)
      const body = { ...asking, config: { ...asking.config, tools } }
      const asked = await generate(body, question.stream)
      const calls = asked.parts.flatMap(({ functionCall }) => (functionCall ? [functionCall] : []))
      const results = calls.map(({ id, name = '' }) => ({
        functionResponse: { ...(id !== undefined && { id }), name, response: { output: toolResult } },
      }))
      const contents = [
        ...body.contents,
        { role: 'model', parts: asked.parts },
        { role: 'user', parts: results },
      ]
      const final = await generate({ ...body, contents }, question.stream)
      return {
        calls: calls.map(({ name = '', args }) => ({ name, arguments: args })),
        final: saidOf(final),
      }
    },
    async person(model) {
      const config = { responseMimeType: 'application/json', responseJsonSchema: z.toJSONSchema(person) }
      const answer = await models.generateContent({ model, contents: 'Who?', config })
      return person.parse(JSON.parse(answer.text ?? ''))
    },
    async embed(model, texts) {
      const config = { outputDimensionality: 64 }
      const { embeddings } = await models.embedContent({ model, contents: [...texts], config })
      return (embeddings ?? []).map(({ values }) => values ?? [])
    },
    async countTokens(model, text) {
      return (await models.countTokens({ model, contents: text })).totalTokens ?? 0
    },
  }
}

function bodyOf(question: Question): Body {
  const { model, text, system, maxTokens, temperature, image, thinks, signal } = question
  const parts: Part[] = [{ text }]
  if (image) {
    parts.push(
      'url' in image
        ? { fileData: { fileUri: image.url, mimeType: 'image/png' } }
        : { inlineData: { mimeType: 'image/png', data: image.base64 } },
    )
  }
  return {
    model,
    contents: [{ role: 'user', parts }],
    config: {
      ...(system !== undefined && { systemInstruction: system }),
      ...(maxTokens !== undefined && { maxOutputTokens: maxTokens }),
      ...(temperature !== undefined && { temperature }),
      ...(signal && { abortSignal: signal }),
      ...(thinks && { thinkingConfig: { includeThoughts: true } }),
    },
  }
}

function saidOf({ parts, told }: Answer): Said {
  const textOf = (isThought: boolean) =>
    parts
      .filter(({ thought }) => (thought === true) === isThought)
      .map(({ text }) => text ?? '')
      .join('')
  const reasoning = textOf(true)
  return { text: textOf(false), ...(reasoning !== '' && { reasoning }), ...told }
}

/** The SDK has one class for all statuses; its message is the body. */
function failureOf(error: unknown): Failure {
  if (!(error instanceof ApiError)) return { isTyped: false, status: undefined, code: undefined }
  const body = asObject(asObject(parseJson(error.message))?.['error'])
  const reason = asString(asObject(asArray(body?.['details'])[0])?.['reason'])
  return { isTyped: true, status: error.status, code: reason?.toLowerCase() }
}
