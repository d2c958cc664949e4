/** LangChain through its OpenAI package: a plain call, a stream, and a round with a tool. */

import { type BaseMessage, HumanMessage, type UsageMetadata } from '@langchain/core/messages'
import { tool } from '@langchain/core/tools'
import { ChatOpenAI } from '@langchain/openai'
import { z } from 'zod'

const { WEIR_URL = 'http://127.0.0.1:4000', WEIR_KEY = '', WEIR_MODEL = 'sim/tools' } = process.env
const model = new ChatOpenAI({
  model: WEIR_MODEL,
  apiKey: WEIR_KEY,
  configuration: { baseURL: `${WEIR_URL}/v1` },
})

const answer = await model.invoke('Say in one sentence what a weir is.')
console.log(answer.text)

for await (const chunk of await model.stream('Count from one to ten in words.')) {
  process.stdout.write(chunk.text)
  const usage = chunk.usage_metadata as UsageMetadata | undefined // typed as never by LangChain
  if (usage) console.log(`\n(${usage.input_tokens} tokens in, ${usage.output_tokens} out)`)
}

const timeIn = tool(
  ({ zone }) => {
    const time = new Date().toLocaleTimeString('en-GB', { timeZone: zone })
    console.log(`time_in(${zone}) = ${time}`)
    return time
  },
  {
    name: 'time_in',
    description: 'The time of day in a time zone.',
    schema: z.object({ zone: z.enum(['Asia/Tokyo', 'Europe/Zurich', 'America/New_York']) }),
  },
)
const messages: BaseMessage[] = [new HumanMessage('What time is it in Tokyo?')]
for (let round = 0; round < 5; round++) {
  const message = await model.bindTools([timeIn]).invoke(messages)
  messages.push(message)
  if (!message.tool_calls?.length) {
    console.log(message.text)
    break
  }
  for (const call of message.tool_calls) messages.push(await timeIn.invoke({ ...call, type: 'tool_call' }))
}
