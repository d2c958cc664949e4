/** Fault 23, tools that the target refuses: each pair of dialects against the target's own schema. */

import assert from 'node:assert/strict'
import { after, test } from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { asArray, asObject, type Json, type JsonObject } from '../../src/core/json.ts'
import { hasOpenApi, OpenApiJudge } from '../support/openapi.ts'
import { sourceProviders } from '../support/sources.ts'
import { startStack } from '../support/stack.ts'

const stack = await startStack(
  { after },
  { config: (simulatorUrl) => ({ providers: sourceProviders((path) => simulatorUrl + path) }) },
)

/** References, alternatives, a closed object, an optional member: what schemas of real tools have. */
const schema: JsonObject = {
  type: 'object',
  properties: {
    city: { type: 'string', description: 'Where', enum: ['Bern', 'Oslo'] },
    days: { anyOf: [{ type: 'integer', minimum: 1 }, { type: 'null' }] },
    spots: { type: 'array', items: { $ref: '#/$defs/spot' } },
  },
  required: ['city', 'days'],
  additionalProperties: false,
  $defs: { spot: { type: 'object', properties: { lat: { type: 'number' } }, additionalProperties: false } },
}
const description = 'The weather of the next days.'
const args = { city: 'Bern', days: 1 }
const [name, bare] = ['forecast', 'now']

// -- clients: two tools, one without arguments; a call and its result; and the next question

interface Asking {
  path(source: string): string
  body(source: string): JsonObject
}

const askings: Readonly<Record<string, Asking>> = {
  'openai-chat': {
    path: () => '/v1/chat/completions',
    body: (source) => ({
      model: `${source}/echo`,
      messages: [
        { role: 'user', content: 'The weather?' },
        {
          role: 'assistant',
          content: null,
          tool_calls: [
            { id: 'call_1', type: 'function', function: { name, arguments: JSON.stringify(args) } },
          ],
        },
        { role: 'tool', tool_call_id: 'call_1', content: 'Rain' },
        { role: 'user', content: 'And then?' },
      ],
      tools: [
        { type: 'function', function: { name, description, parameters: schema } },
        { type: 'function', function: { name: bare } },
      ],
      tool_choice: 'auto',
    }),
  },
  'openai-responses': {
    path: () => '/v1/responses',
    body: (source) => ({
      model: `${source}/echo`,
      input: [
        { role: 'user', content: 'The weather?' },
        { type: 'function_call', call_id: 'call_1', name, arguments: JSON.stringify(args) },
        { type: 'function_call_output', call_id: 'call_1', output: 'Rain' },
        { role: 'user', content: 'And then?' },
      ],
      tools: [
        { type: 'function', name, description, parameters: schema, strict: false },
        { type: 'function', name: bare, parameters: null, strict: null },
      ],
      tool_choice: 'auto',
    }),
  },
  'anthropic-messages': {
    path: () => '/v1/messages',
    body: (source) => ({
      model: `${source}/echo`,
      max_tokens: 500,
      messages: [
        { role: 'user', content: 'The weather?' },
        { role: 'assistant', content: [{ type: 'tool_use', id: 'call_1', name, input: args }] },
        {
          role: 'user',
          content: [
            { type: 'tool_result', tool_use_id: 'call_1', content: 'Rain' },
            { type: 'text', text: 'And then?' },
          ],
        },
      ],
      tools: [
        { name, description, input_schema: schema },
        { name: bare, input_schema: { type: 'object' } },
      ],
      tool_choice: { type: 'auto' },
    }),
  },
  gemini: {
    path: (source) => `/v1beta/models/${source}%2Fecho:generateContent`,
    body: () => ({
      contents: [
        { role: 'user', parts: [{ text: 'The weather?' }] },
        { role: 'model', parts: [{ functionCall: { name, args } }] },
        {
          role: 'user',
          parts: [{ functionResponse: { name, response: { output: 'Rain' } } }, { text: 'And then?' }],
        },
      ],
      tools: [
        { functionDeclarations: [{ name, description, parametersJsonSchema: schema }, { name: bare }] },
      ],
      toolConfig: { functionCallingConfig: { mode: 'AUTO' } },
    }),
  },
}

// -- targets: what the documentation of each API says of tools and of a round, closed against anything else

const closed = (required: Readonly<Record<string, Json>>, optional: Readonly<Record<string, Json>> = {}) => ({
  type: 'object',
  properties: { ...required, ...optional },
  required: Object.keys(required),
  additionalProperties: false,
})
const list = (items: Json) => ({ type: 'array', items, minItems: 2, maxItems: 2 })
const toolName = { type: 'string', pattern: '^[a-zA-Z0-9_-]{1,64}$' }
const text = { type: 'string', minLength: 1 }
const boolean = { type: 'boolean' }
const objectSchema = { type: 'object', properties: { type: { const: 'object' } }, required: ['type'] }

interface TargetRules {
  /** Of the members of a body that speak of tools. */
  readonly schema: Json
  /** The name of the whole body in OpenAI's document. */
  readonly openApi?: string
}

const rules: Readonly<Record<string, TargetRules>> = {
  'openai-chat': {
    openApi: 'CreateChatCompletionRequest',
    schema: closed(
      {
        tools: list(
          closed({
            type: { const: 'function' },
            function: closed(
              { name: toolName },
              { description: text, parameters: objectSchema, strict: boolean },
            ),
          }),
        ),
      },
      { tool_choice: { enum: ['auto'] } },
    ),
  },
  'openai-responses': {
    openApi: 'CreateResponse',
    schema: closed(
      {
        tools: list(
          closed(
            {
              type: { const: 'function' },
              name: toolName,
              parameters: { anyOf: [objectSchema, { type: 'null' }] },
              strict: { type: ['boolean', 'null'] },
            },
            { description: text },
          ),
        ),
      },
      { tool_choice: { enum: ['auto'] } },
    ),
  },
  'anthropic-messages': {
    schema: closed(
      {
        tools: list(
          closed({ name: toolName, input_schema: objectSchema }, { description: text, strict: boolean }),
        ),
      },
      { tool_choice: closed({ type: { const: 'auto' } }) },
    ),
  },
  gemini: {
    schema: closed(
      {
        tools: {
          type: 'array',
          maxItems: 1,
          items: closed({
            functionDeclarations: list(
              closed({ name: toolName }, { description: text, parametersJsonSchema: objectSchema }),
            ),
          }),
        },
      },
      { toolConfig: closed({ functionCallingConfig: closed({ mode: { const: 'AUTO' } }) }) },
    ),
  },
  'bedrock-converse': {
    schema: closed({
      toolConfig: closed(
        {
          tools: list(
            closed({
              toolSpec: closed(
                { name: toolName, inputSchema: closed({ json: objectSchema }) },
                { description: text, strict: boolean },
              ),
            }),
          ),
        },
        { toolChoice: closed({ auto: closed({}) }) },
      ),
    }),
  },
}

const toolMembers: ReadonlySet<string> = new Set(['tools', 'tool_choice', 'toolConfig'])
const judge = hasOpenApi ? new OpenApiJudge() : undefined

for (const [client, { path, body }] of Object.entries(askings)) {
  for (const [source, { schema: rule, openApi }] of Object.entries(rules)) {
    test(`23: tools of ${client} are what ${source} takes`, async (t) => {
      const response = await stack.post(path(source), body(source))
      assert.equal(response.status, 200, await response.text())
      const receipt = stack.simulator.receipts().at(-1)!
      assert.equal(receipt.ended, 'complete')
      const sent = asObject(receipt.body)!
      const ofTools = Object.fromEntries(Object.entries(sent).filter(([member]) => toolMembers.has(member)))
      const ajv = new Ajv2020({ strict: false, allErrors: true })
      assert.ok(ajv.validate(rule as JsonObject, ofTools), `${ajv.errorsText()}\n${JSON.stringify(ofTools)}`)
      assert.deepEqual(schemasIn(ofTools), [schema])
      if (openApi === undefined) return
      if (judge) assert.deepEqual(judge.validate(openApi, sent), [])
      else t.diagnostic("OpenAI's document is not here: its schema of the whole body was left out")
    })
  }
}

/** The schemas that have references, wherever they stand. */
function schemasIn(value: Json): Json[] {
  if (Array.isArray(value)) return value.flatMap(schemasIn)
  const object = asObject(value)
  if (object === undefined) return []
  if (object['$defs'] !== undefined) return [object]
  return asArray(Object.values(object) as Json[]).flatMap(schemasIn)
}
