import assert from 'node:assert/strict'
import test from 'node:test'
import type { GenRequest } from '../core/request.ts'
import { schemaSubsets } from '../providers/schema-subsets.ts'
import type { SchemaFormat } from './instructions.ts'
import { asked, toolNameOf, waysOf } from './mode.ts'
import type { TargetAbility } from './port.ts'

const closed = {
  type: 'object',
  properties: { city: { type: 'string' } },
  required: ['city'],
  additionalProperties: false,
}
const format: SchemaFormat = { type: 'json-schema', name: 'place', schema: closed, strict: true }
const request: GenRequest = {
  model: 'm',
  stream: false,
  turns: [
    { role: 'system', parts: [{ type: 'text', text: 'Be brief.' }] },
    { role: 'user', parts: [{ type: 'text', text: 'Where?' }] },
  ],
  format,
}
const able: TargetAbility = {
  key: 'p/m',
  subset: schemaSubsets['openai-strict'],
  takesJson: true,
  forcesTool: true,
}
const modesOf = (given: GenRequest, ability: TargetAbility, wanted: SchemaFormat = format) =>
  waysOf(given, wanted, ability).map(({ mode }) => mode)

test('the best way first, and always one that is left', () => {
  assert.deepEqual(modesOf(request, able), ['native', 'tool', 'json', 'instructions'])
  const { subset: _subset, ...plain } = able
  assert.deepEqual(modesOf(request, plain), ['tool', 'json', 'instructions'])
  assert.deepEqual(modesOf(request, { ...plain, takesJson: false, forcesTool: false }), ['instructions'])
})

test("no tool is forced beside the client's own, beside reasoning, or for what is no object", () => {
  const { subset: _subset, ...plain } = able
  const tools = [{ type: 'function' as const, name: 'f' }]
  assert.deepEqual(modesOf({ ...request, tools }, plain), ['json', 'instructions'])
  assert.deepEqual(modesOf({ ...request, tools, toolChoice: { type: 'none' } }, plain)[0], 'tool')
  assert.deepEqual(modesOf({ ...request, reasoning: { effort: 'low' } }, plain)[0], 'json')
  assert.deepEqual(modesOf(request, plain, { ...format, schema: { type: 'array' } })[0], 'json')
})

test('a request that fits is not touched', () => {
  const [native] = waysOf(request, format, able)
  assert.equal(asked(request, format, native!, undefined), request)
})

test('a schema that cannot be obeyed strictly is sent loosely, and told in words', () => {
  const map: SchemaFormat = {
    ...format,
    schema: { type: 'object', additionalProperties: { type: 'string' } },
  }
  const [native] = waysOf({ ...request, format: map }, map, able)
  const sent = asked({ ...request, format: map }, map, native!, undefined)
  assert.deepEqual(sent.format, { ...map, strict: false })
  assert.match(JSON.stringify(sent.turns[0]), /Be brief\.\\n\\nAnswer with one JSON value alone/)
})

test('a forced tool carries the schema; the other ways tell it', () => {
  const [, tool, json, words] = waysOf(request, format, able)
  const forced = asked(request, format, tool!, undefined)
  assert.equal(forced.format, undefined)
  assert.deepEqual(forced.toolChoice, { type: 'tool', name: 'place' })
  assert.equal(forced.turns, request.turns)
  const asJson = asked(request, format, json!, undefined)
  assert.deepEqual(asJson.format, { type: 'json' })
  const told = asked(request, format, words!, undefined)
  assert.equal(told.format, undefined)
  for (const { turns } of [asJson, told]) {
    assert.equal(turns.length, 2)
    assert.match(JSON.stringify(turns[0]), /named place.*JSON Schema/)
  }
})

test('the answer that did not satisfy goes back with its faults, and the schema in words', () => {
  const [native] = waysOf(request, format, able)
  const breach = { kind: 'invalid', faults: ['/city: must be string'], text: '{"city":1}' } as const
  const { turns } = asked(request, format, native!, breach)
  assert.deepEqual(
    turns.map(({ role }) => role),
    ['system', 'user', 'assistant', 'user'],
  )
  assert.match(JSON.stringify(turns[0]), /JSON Schema/)
  assert.match(JSON.stringify(turns[3]), /- \/city: must be string/)
  const empty = asked(request, format, native!, { ...breach, text: '' })
  assert.equal(empty.turns.length, 3, 'nothing was said that could be repeated')
})

test('a tool has the name of the format where that is one', () => {
  assert.equal(toolNameOf(format), 'place')
  assert.equal(toolNameOf({ ...format, name: 'not a name' }), 'answer')
})
