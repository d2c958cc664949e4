/** Rich requests of every route, which the fuzz tests then spoil. */

import type { JsonObject } from '../../src/core/json.ts'
import type { ClientName } from '../support/clients.ts'

export interface ValidRequest {
  readonly speaks: ClientName
  readonly path: (model: string) => string
  readonly stream: boolean
  readonly body: (model: string) => JsonObject
}

/** In every prompt: it must never be seen in a log. */
export const canary = 'canary-prompt-77aa'

const pixel =
  'iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=='
const schema: JsonObject = {
  type: 'object',
  properties: { query: { type: 'string' }, limit: { type: 'integer', minimum: 1 } },
  required: ['query'],
  additionalProperties: false,
}

const chat = (model: string): JsonObject => ({
  model,
  messages: [
    { role: 'system', content: `You know ${canary}.` },
    {
      role: 'user',
      content: [
        { type: 'text', text: `What is this? ${canary}` },
        { type: 'image_url', image_url: { url: `data:image/png;base64,${pixel}`, detail: 'low' } },
      ],
    },
    {
      role: 'assistant',
      content: null,
      tool_calls: [
        { id: 'call_1', type: 'function', function: { name: 'lookup', arguments: '{"query":"a"}' } },
      ],
    },
    { role: 'tool', tool_call_id: 'call_1', content: 'a weir' },
    { role: 'user', content: canary },
  ],
  tools: [
    {
      type: 'function',
      function: { name: 'lookup', description: 'Looks up', parameters: schema, strict: true },
    },
  ],
  tool_choice: 'auto',
  parallel_tool_calls: true,
  response_format: { type: 'json_schema', json_schema: { name: 'answer', schema, strict: true } },
  temperature: 0.5,
  top_p: 0.9,
  max_completion_tokens: 64,
  stop: ['END'],
  seed: 7,
  logprobs: true,
  top_logprobs: 2,
  reasoning_effort: 'low',
  user: 'user-1',
  metadata: { a: 'b' },
})

const responses = (model: string): JsonObject => ({
  model,
  instructions: `You know ${canary}.`,
  input: [
    {
      role: 'user',
      content: [
        { type: 'input_text', text: canary },
        { type: 'input_image', image_url: `data:image/png;base64,${pixel}`, detail: 'auto' },
      ],
    },
    { type: 'function_call', call_id: 'call_1', name: 'lookup', arguments: '{"query":"a"}' },
    { type: 'function_call_output', call_id: 'call_1', output: 'a weir' },
    { role: 'assistant', content: [{ type: 'output_text', text: 'Hm.', annotations: [] }] },
    { role: 'user', content: canary },
  ],
  tools: [{ type: 'function', name: 'lookup', description: 'Looks up', parameters: schema, strict: true }],
  tool_choice: 'auto',
  text: { format: { type: 'json_schema', name: 'answer', schema, strict: true }, verbosity: 'low' },
  reasoning: { effort: 'low', summary: 'auto' },
  max_output_tokens: 64,
  temperature: 0.5,
  metadata: { a: 'b' },
  store: false,
})

const messages = (model: string): JsonObject => ({
  model,
  max_tokens: 2048,
  system: [{ type: 'text', text: `You know ${canary}.`, cache_control: { type: 'ephemeral' } }],
  messages: [
    {
      role: 'user',
      content: [
        { type: 'text', text: canary },
        { type: 'image', source: { type: 'base64', media_type: 'image/png', data: pixel } },
      ],
    },
    {
      role: 'assistant',
      content: [
        { type: 'thinking', thinking: 'Hm.', signature: 'c2lnbmF0dXJl' },
        { type: 'tool_use', id: 'toolu_1', name: 'lookup', input: { query: 'a' } },
      ],
    },
    { role: 'user', content: [{ type: 'tool_result', tool_use_id: 'toolu_1', content: 'a weir' }] },
    { role: 'assistant', content: 'Hm.' },
    { role: 'user', content: canary },
  ],
  tools: [{ name: 'lookup', description: 'Looks up', input_schema: schema }],
  tool_choice: { type: 'auto' },
  thinking: { type: 'enabled', budget_tokens: 1024 },
  stop_sequences: ['END'],
  temperature: 1,
  metadata: { user_id: 'user-1' },
})

const gemini = (): JsonObject => ({
  systemInstruction: { parts: [{ text: `You know ${canary}.` }] },
  contents: [
    { role: 'user', parts: [{ text: canary }, { inlineData: { mimeType: 'image/png', data: pixel } }] },
    { role: 'model', parts: [{ functionCall: { name: 'lookup', args: { query: 'a' } } }] },
    { role: 'user', parts: [{ functionResponse: { name: 'lookup', response: { output: 'a weir' } } }] },
    { role: 'model', parts: [{ text: 'Hm.', thought: true }, { text: 'Hm.' }] },
    { role: 'user', parts: [{ text: canary }] },
  ],
  tools: [{ functionDeclarations: [{ name: 'lookup', description: 'Looks up', parameters: schema }] }],
  toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
  generationConfig: {
    temperature: 0.5,
    maxOutputTokens: 64,
    stopSequences: ['END'],
    responseMimeType: 'application/json',
    responseSchema: { type: 'OBJECT', properties: { query: { type: 'STRING' } } },
    thinkingConfig: { includeThoughts: true, thinkingBudget: 128 },
  },
  safetySettings: [{ category: 'HARM_CATEGORY_HARASSMENT', threshold: 'BLOCK_NONE' }],
})

const streamed = (body: (model: string) => JsonObject) => (model: string) => ({
  ...body(model),
  stream: true,
})
const geminiPath = (method: string) => (model: string) =>
  `/v1beta/models/${encodeURIComponent(model)}:${method}`
const fixed = (path: string) => () => path

export const generations: readonly ValidRequest[] = [
  { speaks: 'openai-chat', path: fixed('/v1/chat/completions'), stream: false, body: chat },
  { speaks: 'openai-chat', path: fixed('/v1/chat/completions'), stream: true, body: streamed(chat) },
  { speaks: 'openai-responses', path: fixed('/v1/responses'), stream: false, body: responses },
  { speaks: 'openai-responses', path: fixed('/v1/responses'), stream: true, body: streamed(responses) },
  { speaks: 'anthropic-messages', path: fixed('/v1/messages'), stream: false, body: messages },
  { speaks: 'anthropic-messages', path: fixed('/v1/messages'), stream: true, body: streamed(messages) },
  { speaks: 'gemini', path: geminiPath('generateContent'), stream: false, body: gemini },
  { speaks: 'gemini', path: geminiPath('streamGenerateContent?alt=sse'), stream: true, body: gemini },
  { speaks: 'gemini-array', path: geminiPath('streamGenerateContent'), stream: true, body: gemini },
]

/** What is answered without a model's words. */
export const lookups: readonly ValidRequest[] = [
  {
    speaks: 'openai-chat',
    path: fixed('/v1/embeddings'),
    stream: false,
    body: (model) => ({ model, input: [canary, 'b'], dimensions: 8, encoding_format: 'float' }),
  },
  { speaks: 'anthropic-messages', path: fixed('/v1/messages/count_tokens'), stream: false, body: messages },
  { speaks: 'openai-responses', path: fixed('/v1/responses/input_tokens'), stream: false, body: responses },
  {
    speaks: 'gemini',
    path: geminiPath('countTokens'),
    stream: false,
    body: () => ({ contents: [{ role: 'user', parts: [{ text: canary }] }] }),
  },
  {
    speaks: 'gemini',
    path: geminiPath('batchEmbedContents'),
    stream: false,
    body: (model) => ({ requests: [{ model: `models/${model}`, content: { parts: [{ text: canary }] } }] }),
  },
]
