import assert from 'node:assert/strict'
import test from 'node:test'
import { configJsonSchema, schemasAt } from '../config/json-schema.ts'
import { asObject } from '../core/json.ts'
import { defaultTimeouts } from './provider.ts'

test('the timeouts that the configuration reference tells are those that apply', () => {
  const [schema] = schemasAt(configJsonSchema(), ['providers', 'any', 'timeout'])
  const properties = asObject(schema?.['properties']) ?? {}
  assert.deepEqual(Object.keys(properties), Object.keys(defaultTimeouts))
  for (const [name, timeoutMs] of Object.entries(defaultTimeouts)) {
    const meaning = String(asObject(properties[name])?.['description'])
    assert.ok(meaning.endsWith(`Unset: ${timeoutMs.toLocaleString('en')}.`), `${name}: ${meaning}`)
  }
})
