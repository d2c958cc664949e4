/** Checks values against schemas that callers bring: compiled once, kept within bounds, slow ones in a thread. */

import { createHash } from 'node:crypto'
import { GatewayError } from '../core/error.ts'
import type { Json, JsonObject } from '../core/json.ts'
import { surveySchema, type Surveyed } from './bounds.ts'
import { type Check, Compiler } from './compile.ts'
import { CheckThread } from './check-thread.ts'
import { SchemaFault } from './fault.ts'
import type { CheckJob } from './worker.ts'

/** A schema that may be checked against. */
export interface CompiledSchema {
  readonly schema: JsonObject
  /**
   * The faults of the value that the text is of; empty for an instance. Undefined: the check took too long, or too many
   * wait for one. At once where that is known to be quick.
   */
  check(value: Json, text: string): readonly string[] | Promise<readonly string[] | undefined>
}

export interface SchemaChecker {
  /**
   * Rejects with SchemaFault what is no schema, too large, hostile, or leads outside; with `overloaded` where too many
   * schemas wait to be tried. At once where it is known.
   */
  compile(schema: Json): CompiledSchema | Promise<CompiledSchema>
  close(): Promise<void>
}

/** Larger schemas are compiled in the thread: this many take up to 40 ms. */
const maxInlineKeywords = 250
/** Larger values are checked in the thread. */
const maxInlineTextLength = 65_536
/** Schemas times characters: some 10 ms. */
const maxInlineTries = 1_000_000
const maxRecursiveTries = 6
const maxRecursiveDepth = 8
const maxKept = 1_000
const maxKeptBytes = 32 * 1024 * 1024
const probeMs = 150

/** Is the time that the check takes known to be short? */
function isQuick({ tries, isRecursive, hasUniqueItems }: Surveyed, text: string): boolean {
  if (text.length > (hasUniqueItems ? maxInlineTextLength / 16 : maxInlineTextLength)) return false
  if (tries * text.length > maxInlineTries) return false
  // Alternatives that lead back to themselves are tried anew on each level: 2^depth of them, or more.
  return !isRecursive || tries <= 2 || (tries <= maxRecursiveTries && depthOf(text) <= maxRecursiveDepth)
}

/** At most: brackets within strings count too. */
function depthOf(text: string): number {
  let depth = 0
  let deepest = 0
  for (const character of text) {
    if (character === '{' || character === '[') deepest = Math.max(deepest, ++depth)
    else if (character === '}' || character === ']') depth--
  }
  return deepest
}

interface Kept {
  readonly compiled: CompiledSchema
  readonly bytes: number
}

/** What a compiled schema takes, in bytes, as a rule. */
function weightOf({ bytes }: Surveyed): number {
  return bytes * 4
}

function overloaded(): GatewayError {
  const message = 'More schemas wait to be compiled than the gateway has time for.'
  return new GatewayError('overloaded', message, { retryAfterMs: 1_000 })
}

type ThreadCheck = Omit<CheckJob & { readonly do: 'check' }, 'id'>

export interface CheckerOptions {
  /** How long one check in the thread may take. */
  readonly limitMs: number
}

export function createSchemaChecker({ limitMs }: CheckerOptions): SchemaChecker {
  const compiler = new Compiler()
  const thread = new CheckThread()
  const kept = new Map<string, Kept>()
  /** What the thread has found to be hostile is not tried again. */
  const refused = new Map<string, SchemaFault>()
  /** What the thread is trying: many requests may bring a new schema at once. */
  const underWay = new Map<string, Promise<CompiledSchema>>()
  let keptBytes = 0

  const keep = (key: string, compiled: CompiledSchema, bytes: number): CompiledSchema => {
    kept.delete(key)
    kept.set(key, { compiled, bytes })
    keptBytes += bytes
    for (const [oldest, { bytes: freed }] of kept) {
      if (kept.size <= maxKept && keptBytes <= maxKeptBytes) break
      kept.delete(oldest)
      keptBytes -= freed
    }
    return compiled
  }

  const inThread = async (key: string, schema: JsonObject, survey: Surveyed): Promise<CompiledSchema> => {
    for (const { pointer, pattern } of survey.doubtful) {
      const probed = await thread.run({ do: 'probe', pattern }, probeMs)
      if (probed === 'busy') throw overloaded()
      if (probed !== 'late') continue
      throw new SchemaFault(pointer, 'Matching the pattern can take longer than any answer is worth.')
    }
    const job = { do: 'check', key, schema, draft: survey.draft } as const
    const answer = await thread.run(job, limitMs)
    if (answer === 'busy') throw overloaded()
    if (answer === 'late') throw new SchemaFault('', 'The schema takes too long to compile.')
    if ('schemaFault' in answer) throw new SchemaFault('', answer.schemaFault)
    return { schema, check: (_value, text) => checkInThread({ ...job, text }) }
  }

  const checkInThread = async (job: ThreadCheck): Promise<readonly string[] | undefined> => {
    const found = await thread.run(job, limitMs)
    return typeof found === 'object' && 'faults' in found ? found.faults : undefined
  }

  const tryInThread = async (key: string, schema: JsonObject, survey: Surveyed): Promise<CompiledSchema> => {
    try {
      return keep(key, await inThread(key, schema, survey), weightOf(survey))
    } catch (cause) {
      if (cause instanceof SchemaFault) {
        if (refused.size >= maxKept) refused.delete(refused.keys().next().value!)
        refused.set(key, cause)
      }
      throw cause
    } finally {
      underWay.delete(key)
    }
  }

  const inline = (key: string, schema: JsonObject, survey: Surveyed): CompiledSchema => {
    const { draft } = survey
    const check: Check = compiler.compile(schema, draft)
    return {
      schema,
      check(value, text) {
        if (isQuick(survey, text)) return check(value)
        return checkInThread({ do: 'check', key, schema, draft, text })
      },
    }
  }

  return {
    compile(schema) {
      const text = JSON.stringify(schema)
      const key = createHash('sha256').update(text).digest('base64')
      const known = kept.get(key)
      if (known) {
        kept.delete(key)
        kept.set(key, known)
        return known.compiled
      }
      const fault = refused.get(key)
      if (fault) throw fault
      const trying = underWay.get(key)
      if (trying) return trying
      const survey = surveySchema(schema, text)
      const object = schema as JsonObject
      if (survey.doubtful.length === 0 && survey.keywords <= maxInlineKeywords) {
        return keep(key, inline(key, object, survey), weightOf(survey))
      }
      const begun = tryInThread(key, object, survey)
      underWay.set(key, begun)
      return begun
    },
    close: () => thread.close(),
  }
}
