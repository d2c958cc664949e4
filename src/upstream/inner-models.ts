/** Models that a request names beside the one it goes to: lists to fall back on, and tools that ask a model of their own. */

import { isObject, type Json } from '../core/json.ts'
import type { GenRequest } from '../core/request.ts'

/** `models` and `fallbacks` of OpenRouter, `model` of OpenAI's image tool and Anthropic's advisor, and their kin. */
const naming = /^(?:model|models|model_?id|fallback|fallbacks|fallback_?models?)$/i
/** What a client writes for itself, or what describes data: no provider reads a model from it. */
const opaque: ReadonlySet<string> = new Set([
  'messages',
  'input',
  'contents',
  'metadata',
  'parameters',
  'input_schema',
  'inputSchema',
  'schema',
])

/** Of a request in canonical form: only its dialect's own members and tools can name any. */
export function innerModels({ native, tools }: GenRequest): readonly string[] {
  const found: string[] = []
  if (native) collect(native.fields, found)
  for (const tool of tools ?? []) {
    if (tool.type === 'native') collect(tool.value, found)
    else if (tool.native) collect(tool.native.fields, found)
  }
  return found
}

/** Of a body that is passed on as it came; its own `model` is another matter. */
export function innerModelsOf(body: Json): readonly string[] {
  const found: string[] = []
  if (!isObject(body)) return found
  const { model: _model, ...others } = body
  collect(others, found)
  return found
}

/** Bodies are not deep: their depth was limited before they were parsed. */
function collect(value: Json | undefined, found: string[]): void {
  if (Array.isArray(value)) {
    for (const item of value) collect(item as Json, found)
    return
  }
  if (!isObject(value)) return
  for (const [name, member] of Object.entries(value)) {
    if (opaque.has(name)) continue
    if (naming.test(name)) addNames(member, found)
    collect(member, found)
  }
}

/** A name, a list of names, or a list of objects that are looked into anyway. */
function addNames(value: Json | undefined, found: string[]): void {
  for (const item of Array.isArray(value) ? value : [value]) if (typeof item === 'string') found.push(item)
}
