/** OpenAI's SDK over Responses: a plain call, a stream, and a round with a tool. */

import OpenAI from 'openai'

const { WEIR_URL = 'http://127.0.0.1:4000', WEIR_KEY = '', WEIR_MODEL: model = 'sim/tools' } = process.env
const { responses } = new OpenAI({ baseURL: `${WEIR_URL}/v1`, apiKey: WEIR_KEY })

const answer = await responses.create({ model, input: 'Say in one sentence what a weir is.' })
console.log(answer.output_text)

const stream = await responses.create({ model, input: 'Count from one to ten in words.', stream: true })
for await (const event of stream) {
  if (event.type === 'response.output_text.delta') process.stdout.write(event.delta)
  if (event.type !== 'response.completed') continue
  const { usage } = event.response
  console.log(`\n(${usage?.input_tokens} tokens in, ${usage?.output_tokens} out)`)
}

const tools: OpenAI.Responses.Tool[] = [
  {
    type: 'function',
    name: 'time_in',
    description: 'The time of day in a time zone.',
    strict: true,
    parameters: {
      type: 'object',
      properties: { zone: { type: 'string', enum: ['Asia/Tokyo', 'Europe/Zurich', 'America/New_York'] } },
      required: ['zone'],
      additionalProperties: false,
    },
  },
]
const input: OpenAI.Responses.ResponseInputItem[] = [{ role: 'user', content: 'What time is it in Tokyo?' }]
for (let round = 0; round < 5; round++) {
  // Nothing is stored: the whole conversation goes back, with the reasoning in encrypted form.
  const include = ['reasoning.encrypted_content' as const]
  const { output, output_text } = await responses.create({ model, input, tools, include, store: false })
  input.push(...(output as OpenAI.Responses.ResponseInputItem[]))
  const calls = output.filter((item) => item.type === 'function_call')
  if (calls.length === 0) {
    console.log(output_text)
    break
  }
  for (const call of calls) {
    const { zone } = JSON.parse(call.arguments) as { zone: string }
    const time = new Date().toLocaleTimeString('en-GB', { timeZone: zone })
    console.log(`${call.name}(${zone}) = ${time}`)
    input.push({ type: 'function_call_output', call_id: call.call_id, output: time })
  }
}
