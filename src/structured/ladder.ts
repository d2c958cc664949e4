/** Takes one answer's text down the rungs: as it is, mended, unwrapped; and says what is wrong where nothing helps. */

import type { Breach } from '../core/breach.ts'
import { parseBounded } from '../core/bounded-json.ts'
import { isObject, type Json, type JsonObject } from '../core/json.ts'
import type { CompiledSchema } from '../schema/checker.ts'
import type { RepairLevel } from './findings.ts'
import type { Mend } from './mend.ts'
import { isRefusal } from './refusal.ts'
import { JsonScanner, type ScanOptions } from './scanner.ts'

export type Settled =
  | { readonly isValid: true; readonly text: string; readonly mends: readonly Mend[] }
  | { readonly isValid: false; readonly breach: Breach }

export interface LadderOptions {
  readonly compiled: CompiledSchema
  readonly repair: RepairLevel
  /** The answer ended because its output limit was reached. */
  readonly isCutByLimit: boolean
}

/** Places at which JSON may begin that are tried, where something else stands around it. */
const maxStarts = 6
/** Characters that are read in search of an answer: some 20 ms, in which nothing else happens. */
const maxRead = 600_000
/** Of an answer that is told of, where it did not satisfy. */
export const maxToldText = 4_000

/**
 * What is given as valid was checked as a whole, in the very text that is given. A cut end is closed only where what
 * came before it is valid by itself.
 */
export async function settleText(raw: string, options: LadderOptions): Promise<Settled> {
  const value = parseBounded(raw)
  if (value === undefined) return settleMended(raw, options)
  const faults = await options.compiled.check(value, raw)
  if (faults?.length === 0) return { isValid: true, text: raw, mends: [] }
  return faults === undefined ? broken(raw, options, undefined) : settleMended(raw, options, faults)
}

/** What was written, read with every tolerance; one reading after the other until one is valid. */
async function settleMended(
  raw: string,
  options: LadderOptions,
  asItIs?: readonly string[],
): Promise<Settled> {
  let told = asItIs
  for (const { text, mends, fault } of readings(raw, options)) {
    const value = fault === undefined ? parseBounded(text) : undefined
    if (value === undefined) {
      told ??= [fault ?? 'the answer is not JSON']
      continue
    }
    const faults = await options.compiled.check(value, text)
    if (faults === undefined) return broken(raw, options, undefined)
    if (faults.length === 0) return { isValid: true, text, mends }
    told ??= faults
    const inner = options.repair === 'shape' ? unwrapped(value, text) : undefined
    if (inner === undefined) continue
    const innerFaults = await options.compiled.check(inner.value, inner.text)
    if (innerFaults?.length === 0) return { isValid: true, text: inner.text, mends: [...mends, 'nesting'] }
  }
  return broken(raw, options, told ?? ['the answer is empty'])
}

interface Reading {
  readonly text: string
  readonly mends: readonly Mend[]
  readonly fault: string | undefined
}

/** The values that stand in the text, one after the other, each held to the schema's shape. */
function* readings(raw: string, { compiled: { schema }, repair }: LadderOptions): Generator<Reading> {
  if (raw.trim() === '') return
  yield read(raw, { schema, repair, showsText: false }).reading
  if (repair === 'none') return
  let at = 0
  for (let tries = 0; tries < maxStarts && (tries + 1) * raw.length < maxRead; tries++) {
    const start = raw.slice(at).search(/[{[]/)
    if (start < 0) return
    const rest = raw.slice(at + start)
    if (at + start > 0) yield read(rest, { schema, repair, showsText: false }).reading
    const plain = read(rest, { schema: {}, repair: 'syntax', showsText: false })
    if (repair === 'shape') yield plain.reading
    // What is within a whole value was never given as the answer.
    at += start + (plain.endedAt ?? 1)
  }
}

function read(raw: string, options: ScanOptions): { reading: Reading; endedAt: number | undefined } {
  const scanner = new JsonScanner(options)
  const text = scanner.push(raw) + scanner.end(true)
  const reading = { text, mends: [...scanner.mends], fault: scanner.fault }
  return { reading, endedAt: scanner.endedAt }
}

/** `{"result": {...}}` where the inner value was asked for. Numbers that would lose digits are left alone. */
function unwrapped(value: Json, text: string): { value: Json; text: string } | undefined {
  if (!isObject(value) || /\d{16}/.test(text)) return undefined
  const members = Object.values(value as JsonObject)
  const [inner] = members
  if (members.length !== 1 || typeof inner !== 'object' || inner === null) return undefined
  return { value: inner, text: JSON.stringify(inner) }
}

function broken(
  raw: string,
  { isCutByLimit }: LadderOptions,
  faults: readonly string[] | undefined,
): Settled {
  const kind = isCutByLimit
    ? 'length'
    : isRefusal(raw)
      ? 'refusal'
      : faults === undefined
        ? 'unchecked'
        : 'invalid'
  return {
    isValid: false,
    breach: {
      kind,
      faults: faults ?? ['the answer could not be checked in time'],
      text: raw.slice(0, maxToldText),
    },
  }
}
