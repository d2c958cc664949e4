/** The contract of one request: that its answer is valid against its schema, or that a typed error says why not. */

import type { Breach } from '../core/breach.ts'
import type { ContractAttempt, ContractMode, ContractOutcome } from '../core/contract.ts'
import { GatewayError } from '../core/error.ts'
import type { GenRequest } from '../core/request.ts'
import type { CompiledSchema, SchemaChecker } from '../schema/checker.ts'
import { SchemaFault } from '../schema/fault.ts'
import { type SchemaFormat, withCorrection } from './instructions.ts'
import { asked, type Way, waysOf } from './mode.ts'
import type { ContractSettings, TargetAbility, Verdict } from './port.ts'
import { createToolCheck, type ToolCheck } from './tool-arguments.ts'
import { AnswerWatch } from './watch.ts'

export interface OpenOptions {
  readonly request: GenRequest
  readonly settings: ContractSettings
  /** Where the schema stands in the client's request, for errors. */
  readonly formatParam: string
  /** Hold a streamed answer until it is valid. */
  readonly isStrict: boolean
  /** A refusal of one target is a reason to ask the next. */
  readonly movesOnRefusal: boolean
}

/** What an attempt tells about itself when it is over. */
export interface Attempted {
  readonly error?: GatewayError
  readonly contract?: ContractOutcome
}

/**
 * Undefined where nothing is asked that could be checked. Rejects with `invalid_request` and the place of the fault
 * where the schema is no schema, hostile, or too large.
 */
export async function openContract(
  options: OpenOptions,
  checker: () => Promise<SchemaChecker>,
): Promise<Contract | undefined> {
  const { request, settings, formatParam } = options
  const format = settings.check && request.format?.type === 'json-schema' ? request.format : undefined
  const level = settings.toolArguments
  const checksTools = level !== 'off' && (request.tools ?? []).some(({ type }) => type === 'function')
  if (format === undefined && !checksTools) return undefined
  const ready = await checker()
  if (level === 'enforce') await compileTools(request, ready)
  return new Contract(options, {
    ...(format && { format, compiled: await compileAt(format.schema, formatParam, ready) }),
    ...(level !== 'off' && { tools: createToolCheck(request, level, ready) }),
  })
}

async function compileTools(request: GenRequest, checker: SchemaChecker): Promise<void> {
  for (const [at, tool] of (request.tools ?? []).entries()) {
    if (tool.type === 'function' && tool.schema) await compileAt(tool.schema, `tools[${at}]`, checker)
  }
}

async function compileAt(
  schema: SchemaFormat['schema'],
  param: string,
  checker: SchemaChecker,
): Promise<CompiledSchema> {
  try {
    return await checker.compile(schema)
  } catch (cause) {
    if (!(cause instanceof SchemaFault)) throw cause
    const { pointer, message } = cause
    throw new GatewayError('invalid_request', `\`${param}${pointer}\`: ${message}`, {
      param: param + pointer,
    })
  }
}

interface Terms {
  readonly format?: SchemaFormat
  readonly compiled?: CompiledSchema
  readonly tools?: ToolCheck | undefined
}

/** What is known of a target from this request's attempts at it. */
interface Course {
  readonly ways: readonly Way[]
  /** Into `ways`. */
  at: number
  /** What its last answer was told to have wrong. */
  breach?: Breach
}

export class Contract {
  readonly #options: OpenOptions
  readonly #terms: Terms
  readonly #courses = new Map<string, Course>()
  #reasksLeft: number
  #hasReasked = false
  #hasMoved = false
  /** The target whose answers did not satisfy. */
  #leftBehind: string | undefined
  #mode: ContractMode | undefined

  constructor(options: OpenOptions, terms: Terms) {
    this.#options = options
    this.#terms = terms
    this.#reasksLeft = options.settings.reasks
  }

  /** How this target is asked now. */
  attempt(ability: TargetAbility): ContractAttempt {
    const { request } = this.#options
    const { format, compiled, tools } = this.#terms
    const { repair, reasks } = this.#options.settings
    if (this.#leftBehind !== undefined && this.#leftBehind !== ability.key) {
      this.#leftBehind = undefined
      this.#hasMoved = true
      this.#reasksLeft = reasks
    }
    const holds = !request.stream || this.#options.isStrict
    const common = {
      repair,
      holds,
      errorOf: toError,
      ...(tools && { tools }),
    }
    if (format === undefined || compiled === undefined) {
      return { request: this.#corrected(ability), check: () => new AnswerWatch(common) }
    }
    const course = this.#course(ability, format)
    const way = course.ways[course.at]!
    this.#mode = way.mode
    const mayCall = request.toolChoice?.type !== 'none' && (request.tools ?? []).length > 0
    const text = { mode: way.mode, compiled, mayCall }
    return {
      request: asked(request, format, way, course.breach),
      check: () => new AnswerWatch({ ...common, text }),
    }
  }

  /** UTF-8 bytes, at most, that this target is told beside the client's own request: its bill is bounded by them. */
  addedBytes(ability: TargetAbility): number {
    const { format } = this.#terms
    const course = format ? this.#course(ability, format) : this.#courses.get(ability.key)
    const told = course?.breach ? JSON.stringify(course.breach) : ''
    // A fitted schema may be longer than the client's, and beside it the whole of that is told in words.
    const schema = format ? 2 * Buffer.byteLength(JSON.stringify(format.schema)) : 0
    return schema + Buffer.byteLength(told) + maxWordsBytes
  }

  /** Decides what comes after an attempt at this target. */
  judge({ error, contract }: Attempted, ability: TargetAbility): Verdict {
    const course = this.#courses.get(ability.key)
    if (contract?.breach)
      return this.#judgeBreach(contract.breach, course ?? this.#plainCourse(ability), ability.key)
    if (error === undefined) return 'accept'
    // The target does not know this way of asking: there is a plainer one.
    if (course && isModeRefused(error) && course.at + 1 < course.ways.length) {
      course.at++
      return 're-ask'
    }
    return 'next'
  }

  /** For `x-weir-contract` and the record: how it was asked, and what it took. `last` is absent while it streams. */
  path(last: ContractOutcome | undefined): string {
    const words: string[] = [last?.mode ?? this.#mode ?? 'tools']
    if (this.#hasReasked) words.push('reasked')
    if (this.#hasMoved) words.push('moved')
    if (last === undefined) words.push('streaming')
    else if (last.found === 'repaired' || last.found === 'refused') words.push(last.found)
    else if (last.found === 'invalid') words.push('unsatisfied')
    if (last?.toolFaults) words.push('tool-faults')
    return words.join(', ')
  }

  #judgeBreach(breach: Breach, course: Course, key: string): Verdict {
    switch (breach.kind) {
      case 'length':
        return 'stop'
      case 'refusal':
        if (!this.#options.movesOnRefusal) return 'stop'
        break
      case 'invalid':
        if (this.#reasksLeft > 0) {
          this.#reasksLeft--
          this.#hasReasked = true
          course.breach = breach
          return 're-ask'
        }
        break
      case 'unchecked':
        break
    }
    this.#leftBehind = key
    return 'next'
  }

  #course(ability: TargetAbility, format: SchemaFormat): Course {
    let course = this.#courses.get(ability.key)
    if (course === undefined) {
      course = { ways: waysOf(this.#options.request, format, ability), at: 0 }
      this.#courses.set(ability.key, course)
    }
    return course
  }

  /** Of a request whose tool calls alone are checked. */
  #plainCourse({ key }: TargetAbility): Course {
    const course: Course = { ways: [], at: 0 }
    this.#courses.set(key, course)
    return course
  }

  #corrected({ key }: TargetAbility): GenRequest {
    const { request } = this.#options
    const breach = this.#courses.get(key)?.breach
    return breach === undefined ? request : { ...request, turns: withCorrection(request.turns, breach) }
  }
}

/** A 400 that speaks of what only this way of asking has brought into the request. */
function isModeRefused({ code, message, param, upstream }: GatewayError): boolean {
  if (code !== 'upstream_rejected') return false
  const said = `${message} ${param ?? ''} ${upstream?.message ?? ''} ${upstream?.param ?? ''}`
  return /response_format|json_schema|responseSchema|responseJsonSchema|responseMimeType|output_config|output_format|text\.format|tool_choice|structured.?output|json.?mode|schema/i.test(
    said,
  )
}

/** Of the instructions' own words. */
const maxWordsBytes = 1_000
const maxToldFaults = 5

function toError(breach: Breach): GatewayError {
  const faults = breach.faults.slice(0, maxToldFaults)
  return new GatewayError('contract_unsatisfied', `${reasons[breach.kind]} ${faults.join('; ')}`, {
    contract: breach,
  })
}

const reasons: Readonly<Record<Breach['kind'], string>> = {
  invalid: 'The answer does not satisfy the schema:',
  refusal: 'The model declined to answer:',
  length: 'The output limit was reached before the answer satisfied the schema:',
  unchecked: 'The answer could not be checked:',
}
