import assert from 'node:assert/strict'
import test from 'node:test'
import { Ajv2020 } from 'ajv/dist/2020.js'
import { personSchema } from '../../test/structured/shapes.ts'
import { type JsonObject, parseJson } from '../core/json.ts'
import { billOf, type SimAnswer, textOf } from './answer.ts'
import { breakageNames, broken } from './breakage.ts'
import { instanceOf } from './instance.ts'
import type { Prompt } from './prompt.ts'

const validate = new Ajv2020({ strict: false }).compile(personSchema)

const promptFor = (schema: JsonObject): Prompt => ({
  lastUserText: '',
  inputTokens: 1,
  tools: [],
  toolChoice: 'auto',
  endsInToolResult: false,
  format: { schema },
  choices: 1,
  signatures: { valid: 0, broken: 0 },
})

function good(schema: JsonObject): SimAnswer {
  const blocks = [{ kind: 'text' as const, pieces: [JSON.stringify(instanceOf(schema))] }]
  return { blocks, finish: 'stop', usage: billOf(1, blocks) }
}

const said = ({ blocks }: SimAnswer) => blocks.map(textOf).join('')

test('each way breaks the answer, and its own way', () => {
  assert.equal(breakageNames.length, 12)
  const texts = breakageNames.map((name) =>
    said(broken(good(personSchema), name, promptFor(personSchema), 0)!),
  )
  assert.equal(new Set(texts).size, 12)
  for (const [at, text] of texts.entries()) {
    const value = parseJson(text)
    assert.ok(value === undefined || !validate(value), breakageNames[at])
  }
})

test('`any` goes through the ways by the number of the call; where one has no place the next is taken', () => {
  const prompt = promptFor(personSchema)
  for (const [at, name] of breakageNames.entries()) {
    const one = broken(good(personSchema), 'any', prompt, at + 24)!
    assert.equal(said(one), said(broken(good(personSchema), name, prompt, 0)!))
  }
  const free = { type: 'object', properties: { a: { type: 'string' } } }
  assert.match(said(broken(good(free), 'enum', promptFor(free), 0)!), /^\{"result"/)
  assert.equal(broken(good(free), 'nonsense', promptFor(free), 0), undefined)
})

test('what is said is what is billed', () => {
  const answer = broken(good(personSchema), 'prose', promptFor(personSchema), 0)!
  assert.deepEqual(answer.usage, billOf(1, answer.blocks))
  assert.equal(broken(good(personSchema), 'truncated', promptFor(personSchema), 0)!.finish, 'length')
})
