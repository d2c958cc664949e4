/** Chooses how a target is made to answer by a schema, and writes the request that asks it so. */

import type { Breach } from '../core/breach.ts'
import type { ContractMode } from '../core/contract.ts'
import type { GenRequest, Turn } from '../core/request.ts'
import { type Adapted, adaptSchema } from './adapt.ts'
import {
  isToolSchema,
  type SchemaFormat,
  schemaInWords,
  withCorrection,
  withInstructions,
} from './instructions.ts'
import type { TargetAbility } from './port.ts'

/** One way to ask, with what it needs. */
export type Way =
  /** `adapted` is absent where the schema is sent as it is, without a promise. */
  | { readonly mode: 'native'; readonly adapted?: Adapted; readonly strict: boolean | undefined }
  | { readonly mode: Exclude<ContractMode, 'native'> }

/** All ways in which this target can be asked this, the best one first; instructions always remain. */
export function waysOf(request: GenRequest, format: SchemaFormat, ability: TargetAbility): Way[] {
  const ways: Way[] = []
  const { subset } = ability
  const adapted = subset && adaptSchema(format.schema, subset)
  if (adapted) ways.push({ mode: 'native', adapted, strict: subset?.requiresAll ? true : format.strict })
  else if (subset?.takesLoose) ways.push({ mode: 'native', strict: false })
  if (ability.forcesTool && mayForceTool(request) && isToolSchema(format.schema)) ways.push({ mode: 'tool' })
  if (ability.takesJson) ways.push({ mode: 'json' })
  ways.push({ mode: 'instructions' })
  return ways
}

/** A forced call would take the client's own tools from the model, and providers refuse it beside reasoning. */
function mayForceTool({ tools = [], toolChoice, reasoning }: GenRequest): boolean {
  const callsTools = tools.length > 0 && toolChoice?.type !== 'none'
  const reasons = reasoning !== undefined && reasoning.effort !== 'none'
  return !callsTools && !reasons
}

/** The name of the tool that stands for the answer. */
export function toolNameOf({ name = '' }: SchemaFormat): string {
  return /^[A-Za-z_][A-Za-z0-9_-]{0,63}$/.test(name) ? name : 'answer'
}

/** The request as it is asked in this way; the very same object where nothing in it changes. */
export function asked(
  request: GenRequest,
  format: SchemaFormat,
  way: Way,
  breach: Breach | undefined,
): GenRequest {
  const words = wordsFor(format, way, breach)
  const turns = turnsWith(request.turns, words, breach)
  switch (way.mode) {
    case 'native': {
      const { strict } = way
      const schema = way.adapted?.schema ?? format.schema
      const isSame = schema === format.schema && strict === format.strict && turns === request.turns
      if (isSame) return request
      return { ...request, turns, format: { ...format, schema, ...(strict !== undefined && { strict }) } }
    }
    case 'tool': {
      const { format: _format, tools: _tools, ...rest } = request
      const name = toolNameOf(format)
      const description = format.description ?? 'Gives the answer.'
      return {
        ...rest,
        turns,
        tools: [{ type: 'function', name, description, schema: format.schema }],
        toolChoice: { type: 'tool', name },
      }
    }
    case 'json':
      return { ...request, turns, format: { type: 'json' } }
    case 'instructions': {
      const { format: _format, ...rest } = request
      return { ...rest, turns }
    }
  }
}

/** Rules that the schema no longer says are told in words, and so is all of it after an answer that ignored it. */
function wordsFor(format: SchemaFormat, way: Way, breach: Breach | undefined): string | undefined {
  const isToldAll = way.mode === 'native' && way.adapted?.moved.length === 0
  if (isToldAll && !breach) return undefined
  if (way.mode === 'tool') return undefined
  return schemaInWords(format)
}

function turnsWith(
  turns: readonly Turn[],
  words: string | undefined,
  breach: Breach | undefined,
): readonly Turn[] {
  const told = words === undefined ? turns : withInstructions(turns, words)
  return breach === undefined ? told : withCorrection(told, breach)
}
