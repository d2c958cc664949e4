/** Vercel's AI SDK through its OpenAI provider: a plain call, a stream, and a round with a tool. */

import { createOpenAI } from '@ai-sdk/openai'
import { generateText, stepCountIs, streamText, tool } from 'ai'
import { z } from 'zod'

const { WEIR_URL = 'http://127.0.0.1:4000', WEIR_KEY = '', WEIR_MODEL = 'sim/tools' } = process.env
// `.chat`, because over Responses this SDK refers to earlier turns by id, unless each call says `store: false`.
const model = createOpenAI({ baseURL: `${WEIR_URL}/v1`, apiKey: WEIR_KEY }).chat(WEIR_MODEL)

const answer = await generateText({ model, prompt: 'Say in one sentence what a weir is.' })
console.log(answer.text)

const stream = streamText({ model, prompt: 'Count from one to ten in words.' })
for await (const text of stream.textStream) process.stdout.write(text)
const usage = await stream.usage
console.log(`\n(${usage.inputTokens} tokens in, ${usage.outputTokens} out)`)

const timeIn = tool({
  description: 'The time of day in a time zone.',
  inputSchema: z.object({ zone: z.enum(['Asia/Tokyo', 'Europe/Zurich', 'America/New_York']) }),
  execute({ zone }) {
    const time = new Date().toLocaleTimeString('en-GB', { timeZone: zone })
    console.log(`time_in(${zone}) = ${time}`)
    return time
  },
})
const round = await generateText({
  model,
  prompt: 'What time is it in Tokyo?',
  tools: { time_in: timeIn },
  stopWhen: stepCountIs(5),
})
console.log(round.text)
