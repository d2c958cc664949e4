/** Anthropic's SDK: a plain call, a stream, and a round with a tool. */

import Anthropic from '@anthropic-ai/sdk'

const { WEIR_URL = 'http://127.0.0.1:4000', WEIR_KEY = '', WEIR_MODEL: model = 'sim/tools' } = process.env
const client = new Anthropic({ baseURL: WEIR_URL, apiKey: WEIR_KEY })
const max_tokens = 1024

const answer = await client.messages.create({
  model,
  max_tokens,
  messages: [{ role: 'user', content: 'Say in one sentence what a weir is.' }],
})
for (const block of answer.content) if (block.type === 'text') console.log(block.text)

const stream = client.messages.stream({
  model,
  max_tokens,
  messages: [{ role: 'user', content: 'Count from one to ten in words.' }],
})
stream.on('text', (text) => process.stdout.write(text))
const { usage } = await stream.finalMessage()
console.log(`\n(${usage.input_tokens} tokens in, ${usage.output_tokens} out)`)

const tools: Anthropic.Tool[] = [
  {
    name: 'time_in',
    description: 'The time of day in a time zone.',
    input_schema: {
      type: 'object',
      properties: { zone: { type: 'string', enum: ['Asia/Tokyo', 'Europe/Zurich', 'America/New_York'] } },
      required: ['zone'],
    },
  },
]
const messages: Anthropic.MessageParam[] = [{ role: 'user', content: 'What time is it in Tokyo?' }]
for (let round = 0; round < 5; round++) {
  const { content } = await client.messages.create({ model, max_tokens, messages, tools })
  messages.push({ role: 'assistant', content })
  const results: Anthropic.ToolResultBlockParam[] = []
  for (const block of content) {
    if (block.type === 'text') console.log(block.text)
    if (block.type !== 'tool_use') continue
    const { zone } = block.input as { zone: string }
    const time = new Date().toLocaleTimeString('en-GB', { timeZone: zone })
    console.log(`${block.name}(${zone}) = ${time}`)
    results.push({ type: 'tool_result', tool_use_id: block.id, content: time })
  }
  if (results.length === 0) break
  messages.push({ role: 'user', content: results })
}
