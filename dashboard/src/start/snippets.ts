/** What an application needs to call this gateway, for each client that people use. Pure. */

export interface SnippetParts {
  /** Of the gateway, without a path. */
  readonly url: string
  readonly key: string
  readonly model: string
}

export interface Snippet {
  readonly name: string
  /** What has to be there first. */
  readonly install: string | undefined
  text(parts: SnippetParts): string
}

const question = 'Say in one sentence what a weir is.'

export const snippets: readonly Snippet[] = [
  {
    name: 'curl',
    install: undefined,
    text: ({ url, key, model }) => `curl ${url}/v1/chat/completions \\
  -H 'authorization: Bearer ${key}' \\
  -H 'content-type: application/json' \\
  -d '${JSON.stringify({ model, messages: [{ role: 'user', content: question }] })}'`,
  },
  {
    name: 'OpenAI, Python',
    install: 'pip install openai',
    text: ({ url, key, model }) => `from openai import OpenAI

client = OpenAI(base_url="${url}/v1", api_key="${key}")
answer = client.chat.completions.create(
    model=${JSON.stringify(model)},
    messages=[{"role": "user", "content": "${question}"}],
)
print(answer.choices[0].message.content)`,
  },
  {
    name: 'OpenAI, TypeScript',
    install: 'npm install openai',
    text: ({ url, key, model }) => `import OpenAI from 'openai'

const client = new OpenAI({ baseURL: '${url}/v1', apiKey: '${key}' })
const answer = await client.chat.completions.create({
  model: ${quoted(model)},
  messages: [{ role: 'user', content: '${question}' }],
})
console.log(answer.choices[0]?.message.content)`,
  },
  {
    name: 'Anthropic, Python',
    install: 'pip install anthropic',
    text: ({ url, key, model }) => `from anthropic import Anthropic

client = Anthropic(base_url="${url}", api_key="${key}")
answer = client.messages.create(
    model=${JSON.stringify(model)},
    max_tokens=1024,
    messages=[{"role": "user", "content": "${question}"}],
)
print(answer.content[0].text)`,
  },
  {
    name: 'Anthropic, TypeScript',
    install: 'npm install @anthropic-ai/sdk',
    text: ({ url, key, model }) => `import Anthropic from '@anthropic-ai/sdk'

const client = new Anthropic({ baseURL: '${url}', apiKey: '${key}' })
const answer = await client.messages.create({
  model: ${quoted(model)},
  max_tokens: 1024,
  messages: [{ role: 'user', content: '${question}' }],
})
console.log(answer.content)`,
  },
  {
    name: 'Google Gen AI',
    install: 'npm install @google/genai',
    text: ({ url, key, model }) => `import { GoogleGenAI } from '@google/genai'

const { models } = new GoogleGenAI({ apiKey: '${key}', httpOptions: { baseUrl: '${url}' } })
const answer = await models.generateContent({
  model: ${quoted(model)},
  contents: '${question}',
})
console.log(answer.text)`,
  },
  {
    name: 'Vercel AI SDK',
    install: 'npm install ai @ai-sdk/openai',
    text: ({ url, key, model }) => `import { createOpenAI } from '@ai-sdk/openai'
import { generateText } from 'ai'

const weir = createOpenAI({ baseURL: '${url}/v1', apiKey: '${key}' })
const { text } = await generateText({
  model: weir.chat(${quoted(model)}),
  prompt: '${question}',
})
console.log(text)`,
  },
  {
    name: 'LangChain',
    install: 'npm install @langchain/openai',
    text: ({ url, key, model }) => `import { ChatOpenAI } from '@langchain/openai'

const model = new ChatOpenAI({
  model: ${quoted(model)},
  apiKey: '${key}',
  configuration: { baseURL: '${url}/v1' },
})
console.log((await model.invoke('${question}')).text)`,
  },
]

function quoted(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`
}
