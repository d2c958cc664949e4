/** OpenAI's SDK over Chat Completions: a plain call, a stream, and a round with a tool. */

import OpenAI from 'openai'

const { WEIR_URL = 'http://127.0.0.1:4000', WEIR_KEY = '', WEIR_MODEL: model = 'sim/tools' } = process.env
const { chat } = new OpenAI({ baseURL: `${WEIR_URL}/v1`, apiKey: WEIR_KEY })

const answer = await chat.completions.create({
  model,
  messages: [{ role: 'user', content: 'Say in one sentence what a weir is.' }],
})
console.log(answer.choices[0]?.message.content)

const stream = await chat.completions.create({
  model,
  messages: [{ role: 'user', content: 'Count from one to ten in words.' }],
  stream: true,
  stream_options: { include_usage: true },
})
for await (const { choices, usage } of stream) {
  process.stdout.write(choices[0]?.delta.content ?? '')
  if (usage) console.log(`\n(${usage.prompt_tokens} tokens in, ${usage.completion_tokens} out)`)
}

const tools: OpenAI.ChatCompletionTool[] = [
  {
    type: 'function',
    function: {
      name: 'time_in',
      description: 'The time of day in a time zone.',
      parameters: {
        type: 'object',
        properties: { zone: { type: 'string', enum: ['Asia/Tokyo', 'Europe/Zurich', 'America/New_York'] } },
        required: ['zone'],
      },
    },
  },
]
const messages: OpenAI.ChatCompletionMessageParam[] = [{ role: 'user', content: 'What time is it in Tokyo?' }]
for (let round = 0; round < 5; round++) {
  const { choices } = await chat.completions.create({ model, messages, tools })
  const { message } = choices[0]!
  messages.push(message)
  if (!message.tool_calls) {
    console.log(message.content)
    break
  }
  for (const call of message.tool_calls) {
    if (call.type !== 'function') continue
    const { zone } = JSON.parse(call.function.arguments) as { zone: string }
    const content = new Date().toLocaleTimeString('en-GB', { timeZone: zone })
    console.log(`${call.function.name}(${zone}) = ${content}`)
    messages.push({ role: 'tool', tool_call_id: call.id, content })
  }
}
