/** Google's SDK: a plain call, a stream, and a round with a tool. */

import { type Content, type FunctionDeclaration, GoogleGenAI, type Part } from '@google/genai'

const { WEIR_URL = 'http://127.0.0.1:4000', WEIR_KEY = '', WEIR_MODEL: model = 'sim/tools' } = process.env
const { models } = new GoogleGenAI({ apiKey: WEIR_KEY, httpOptions: { baseUrl: WEIR_URL } })

const answer = await models.generateContent({ model, contents: 'Say in one sentence what a weir is.' })
console.log(answer.text)

const stream = await models.generateContentStream({ model, contents: 'Count from one to ten in words.' })
let usage
for await (const chunk of stream) {
  process.stdout.write(chunk.text ?? '')
  usage = chunk.usageMetadata ?? usage
}
console.log(`\n(${usage?.promptTokenCount} tokens in, ${usage?.candidatesTokenCount} out)`)

const timeIn: FunctionDeclaration = {
  name: 'time_in',
  description: 'The time of day in a time zone.',
  parametersJsonSchema: {
    type: 'object',
    properties: { zone: { type: 'string', enum: ['Asia/Tokyo', 'Europe/Zurich', 'America/New_York'] } },
    required: ['zone'],
  },
}
const contents: Content[] = [{ role: 'user', parts: [{ text: 'What time is it in Tokyo?' }] }]
for (let round = 0; round < 5; round++) {
  const config = { tools: [{ functionDeclarations: [timeIn] }] }
  const answer = await models.generateContent({ model, contents, config })
  contents.push(answer.candidates![0]!.content!)
  if (!answer.functionCalls) {
    console.log(answer.text)
    break
  }
  const parts = answer.functionCalls.map(({ id, name, args }): Part => {
    const zone = args?.['zone'] as string
    const time = new Date().toLocaleTimeString('en-GB', { timeZone: zone })
    console.log(`${name}(${zone}) = ${time}`)
    return { functionResponse: { ...(id && { id }), ...(name && { name }), response: { output: time } } }
  })
  contents.push({ role: 'user', parts })
}
