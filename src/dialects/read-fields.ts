/** Reads members of a client's request strictly: what is present must be of its type. Used by all dialects. */

import { GatewayError } from '../core/error.ts'
import { isObject, type Json, type JsonObject } from '../core/json.ts'

/** The error for a member. `param` is its path in the caller's terms, empty for the body itself. */
export function invalid(param: string, problem: string): GatewayError {
  const message = param === '' ? `The body ${problem}.` : `\`${param}\` ${problem}.`
  return new GatewayError('invalid_request', message, { param })
}

type Read<T> = (value: Json | undefined, param: string) => T

/** Undefined where the member is absent or null. `at` is the object's path, ending in a dot, or empty. */
export function optional<T>(object: JsonObject, name: string, at: string, read: Read<T>): T | undefined {
  const value = object[name]
  return value === undefined || value === null ? undefined : read(value, at + name)
}

/** Throws where the member is absent or null. */
export function required<T>(object: JsonObject, name: string, at: string, read: Read<T>): T {
  const value = object[name]
  if (value === undefined || value === null) throw invalid(at + name, 'is required')
  return read(value, at + name)
}

export const readString: Read<string> = (value, param) => {
  if (typeof value !== 'string') throw wrongType(param, 'a string', value)
  return value
}

export const readBoolean: Read<boolean> = (value, param) => {
  if (typeof value !== 'boolean') throw wrongType(param, 'true or false', value)
  return value
}

export const readNumber: Read<number> = (value, param) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongType(param, 'a number', value)
  return value
}

export const readInteger: Read<number> = (value, param) => {
  if (!Number.isSafeInteger(value)) throw wrongType(param, 'a whole number', value)
  return value as number
}

/** A whole number of at least 0. */
export const readCount: Read<number> = (value, param) => {
  const count = readInteger(value, param)
  if (count < 0) throw invalid(param, 'must be at least 0')
  return count
}

export const readObject: Read<JsonObject> = (value, param) => {
  if (!isObject(value)) throw wrongType(param, 'an object', value)
  return value
}

export const readArray: Read<readonly Json[]> = (value, param) => {
  if (!Array.isArray(value)) throw wrongType(param, 'an array', value)
  return value as readonly Json[]
}

export const readStrings: Read<readonly string[]> = (value, param) =>
  readArray(value, param).map((item, index) => readString(item, `${param}[${index}]`))

/** An object whose members are all numbers. */
export const readNumbers: Read<Readonly<Record<string, number>>> = (value, param) => {
  const object = readObject(value, param)
  for (const name in object) readNumber(object[name], `${param}.${name}`)
  return object as Readonly<Record<string, number>>
}

function wrongType(param: string, expected: string, value: Json | undefined): GatewayError {
  return invalid(param, `must be ${expected}, not ${nameOf(value)}`)
}

function nameOf(value: Json | undefined): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'an array'
  return typeof value === 'object' ? 'an object' : `a ${typeof value}`
}
