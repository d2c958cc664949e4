/** A value for a JSON Schema: what fuzz tests of the admin API begin with, before they spoil it. */

import { asArray, asObject, asString, isObject, type Json, type JsonObject } from '../../src/core/json.ts'

const maxDepth = 6

/** Nearly valid: patterns and formats beyond times are left to luck. `n` chooses between alternatives. */
export function fillSchema(schema: Json | undefined, n: number, depth = 0): Json {
  const rule = isObject(schema) ? schema : {}
  const known = asArray(rule['enum'] ?? [])
  if (known.length > 0) return known[n % known.length] ?? null
  const choices = asArray(rule['anyOf'] ?? rule['oneOf'] ?? [])
  if (choices.length > 0) return fillSchema(choices[n % choices.length], n, depth + 1)
  return rule['const'] ?? (depth > maxDepth ? null : fillTyped(rule, n, depth))
}

function fillTyped(rule: JsonObject, n: number, depth: number): Json {
  switch (asString(asArray(rule['type'] ?? [])[0] ?? rule['type'])) {
    case 'object':
      return fillObject(rule, n, depth)
    case 'array':
      return [fillSchema(rule['items'], n, depth + 1)]
    case 'integer':
    case 'number':
      return Number(rule['minimum'] ?? 1)
    case 'boolean':
      return n % 2 === 0
    case 'string':
      return rule['format'] === 'date-time' ? '2026-01-01T00:00:00Z' : textFor(rule, n)
    default:
      return null
  }
}

function fillObject(rule: JsonObject, n: number, depth: number): JsonObject {
  const members = Object.entries(asObject(rule['properties']) ?? {})
  const filled: JsonObject = Object.fromEntries(
    members.map(([name, member], at) => [name, fillSchema(member, n + at, depth + 1)]),
  )
  const free = rule['additionalProperties']
  return isObject(free) ? { ...filled, some: fillSchema(free, n, depth + 1) } : filled
}

const texts = ['assistant', 'openai/echo', '1.5', '/v1/chat/completions', 'declared:test', 'a@example.com']

function textFor(rule: JsonObject, n: number): string {
  const least = Number(rule['minLength'] ?? 1)
  return (texts[n % texts.length] ?? '').padEnd(least, 'x')
}
