/** Ways to spoil what was valid: JSON values at random paths, and bytes. */

import fc from 'fast-check'
import { isObject, type Json, type JsonObject } from '../../src/core/json.ts'

const nested = (depth: number): Json => {
  let value: Json = 1
  for (let n = 0; n < depth; n++) value = n % 2 === 0 ? [value] : { a: value }
  return value
}

/** Own members that a careless copy would make into prototypes. */
const polluting = JSON.parse(
  '{"__proto__":{"polluted":true},"constructor":{"prototype":{"polluted":true}}}',
) as Json

const hostileValue: fc.Arbitrary<Json> = fc.oneof(
  fc.constantFrom<Json>(
    null,
    true,
    false,
    0,
    -1,
    0.1,
    -0,
    2 ** 53,
    2 ** 64,
    1e308,
    -1e308,
    '',
    ' ',
    '\u0000',
    '\ud800',
    'a\udfffb',
    '__proto__',
    '[DONE]',
    'data: x\n\nevent: error\n\n',
    'a'.repeat(3000),
    '_'.repeat(3000),
    [],
    {},
    [[]],
    [null],
    polluting,
    nested(40),
    nested(70),
  ),
  fc.jsonValue({ maxDepth: 3 }) as fc.Arbitrary<Json>,
  fc.string({ unit: 'binary', maxLength: 30 }),
)

export interface Spoiling {
  /** Which of all places in the value; taken modulo their number. */
  readonly at: number
  readonly how: 'replace' | 'delete' | 'add' | 'duplicate' | 'rename'
  readonly value: Json
}

export const spoiling: fc.Arbitrary<Spoiling> = fc.record({
  at: fc.nat(10_000),
  how: fc.constantFrom<Spoiling['how']>(
    'replace',
    'replace',
    'replace',
    'delete',
    'add',
    'duplicate',
    'rename',
  ),
  value: hostileValue,
})

type Container = Record<string, Json> | Json[]

interface Place {
  readonly holder: Container
  readonly key: string
}

function placesIn(value: Json | undefined, found: Place[]): Place[] {
  if (Array.isArray(value) || isObject(value)) {
    for (const [key, member] of Object.entries(value)) {
      found.push({ holder: value as Container, key })
      placesIn(member, found)
    }
  }
  return found
}

/** A copy of the body with these changes. */
export function spoiled(body: JsonObject, changes: readonly Spoiling[]): JsonObject {
  const copy = structuredClone(body)
  for (const { at, how, value } of changes) {
    const places = placesIn(copy, [])
    const place = places[at % places.length]
    // A value that was put in may be changed by the next step: it must not be the shared one.
    if (place) change(place, how, structuredClone(value))
  }
  return copy
}

function change({ holder, key }: Place, how: Spoiling['how'], value: Json): void {
  const set = (name: string, member: Json) =>
    Object.defineProperty(holder, name, {
      value: member,
      enumerable: true,
      configurable: true,
      writable: true,
    })
  const current = (holder as Record<string, Json>)[key] ?? null
  switch (how) {
    case 'replace':
      set(key, value)
      return
    case 'delete':
      if (Array.isArray(holder)) holder.splice(Number(key), 1)
      else delete holder[key]
      return
    case 'add':
      if (Array.isArray(holder)) holder.push(value)
      else set(typeof value === 'string' ? value : '__proto__', value)
      return
    case 'duplicate':
      if (Array.isArray(holder)) holder.push(...Array<Json>(50).fill(current))
      else set(key, [current, current])
      return
    case 'rename':
      if (Array.isArray(holder)) holder.reverse()
      else {
        delete holder[key]
        set(`${key}_`, current)
      }
  }
}

export interface ByteChange {
  /** Position and length, as fractions of the whole. */
  readonly at: number
  readonly length: number
  readonly how: 'flip' | 'delete' | 'insert' | 'repeat' | 'truncate'
  readonly bytes: Uint8Array
}

const fraction = fc.double({ min: 0, max: 1, noNaN: true, maxExcluded: true })

export const byteChange: fc.Arbitrary<ByteChange> = fc.record({
  at: fraction,
  length: fraction,
  how: fc.constantFrom<ByteChange['how']>('flip', 'flip', 'delete', 'insert', 'repeat', 'truncate'),
  bytes: fc.oneof(
    fc.uint8Array({ minLength: 1, maxLength: 24 }),
    fc
      .constantFrom(
        '\r\n',
        '\n',
        '\r\n\r\n',
        '\0',
        ': ',
        'Transfer-Encoding: chunked\r\n',
        'data: ',
        '{',
        '"',
        '0\r\n\r\n',
      )
      .map((text) => Buffer.from(text)),
  ),
})

/** The bytes with these changes. Few of them change more than a few bytes. */
export function spoiledBytes(bytes: Buffer, changes: readonly ByteChange[]): Buffer {
  let result = Buffer.from(bytes)
  for (const { at, length, how, bytes: other } of changes) {
    const from = Math.floor(at * result.length)
    const to = Math.min(result.length, from + 1 + Math.floor(length * length * 40))
    const [before, within, behind] = [
      result.subarray(0, from),
      result.subarray(from, to),
      result.subarray(to),
    ]
    switch (how) {
      case 'flip':
        result[from] = (result[from] ?? 0) ^ (other[0] ?? 1)
        break
      case 'delete':
        result = Buffer.concat([before, behind])
        break
      case 'insert':
        result = Buffer.concat([before, other, within, behind])
        break
      case 'repeat':
        result = Buffer.concat([before, within, within, within, behind])
        break
      case 'truncate':
        result = before
    }
  }
  return result
}
