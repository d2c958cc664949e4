/** Reads members of a client's request strictly, with the paths and the words of OpenAI's API. */

import { GatewayError } from '../core/error.ts'
import { isObject, type Json, type JsonObject } from '../core/json.ts'

/** The error for a member; `param` is its path, such as `input[0].content`. */
export function invalid(param: string, problem: string): GatewayError {
  return new GatewayError('invalid_request', problem, { param })
}

type Read<T> = (value: Json | undefined, param: string) => T

/** Undefined where the member is absent or null, which OpenAI's API treats alike. */
export function optional<T>(object: JsonObject, name: string, at: string, read: Read<T>): T | undefined {
  const value = object[name]
  return value === undefined || value === null ? undefined : read(value, at + name)
}

/** Throws where the member is absent or null. `at` is the path of the object, ending in a dot, or empty. */
export function required<T>(object: JsonObject, name: string, at: string, read: Read<T>): T {
  const value = object[name]
  if (value === undefined || value === null) {
    throw invalid(at + name, `Missing required parameter: '${at + name}'.`)
  }
  return read(value, at + name)
}

export const readString: Read<string> = (value, param) => {
  if (typeof value !== 'string') throw wrongType(param, 'a string', value)
  return value
}

export const readBoolean: Read<boolean> = (value, param) => {
  if (typeof value !== 'boolean') throw wrongType(param, 'a boolean', value)
  return value
}

export const readNumber: Read<number> = (value, param) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw wrongType(param, 'a decimal', value)
  return value
}

export const readInteger: Read<number> = (value, param) => {
  if (!Number.isSafeInteger(value)) throw wrongType(param, 'an integer', value)
  return value as number
}

/** A whole number of at least 0. */
export const readCount: Read<number> = (value, param) => {
  const count = readInteger(value, param)
  if (count < 0) {
    const got = `Expected a value >= 0, but got ${count} instead.`
    throw invalid(param, `Invalid '${param}': integer below minimum value. ${got}`)
  }
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

function wrongType(param: string, expected: string, value: Json | undefined): GatewayError {
  const got = `expected ${expected}, but got ${nameOf(value)} instead`
  return invalid(param, `Invalid type for '${param}': ${got}.`)
}

function nameOf(value: Json | undefined): string {
  if (value === null || value === undefined) return 'null'
  if (Array.isArray(value)) return 'an array'
  if (typeof value === 'object') return 'an object'
  if (typeof value === 'number') return Number.isInteger(value) ? 'an integer' : 'a decimal'
  return `a ${typeof value}`
}
