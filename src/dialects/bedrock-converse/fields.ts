/** Reads members of a client's request strictly: what is present must be of its type. */

import { GatewayError } from '../../core/error.ts'
import { isObject, type Json, type JsonObject } from '../../core/json.ts'

/** The error for a member, worded as AWS words it. */
export function invalid(param: string, constraint: string): GatewayError {
  return new GatewayError(
    'invalid_request',
    `1 validation error detected: Value at '${param}' failed to satisfy constraint: ${constraint}`,
    { param },
  )
}

type Read<T> = (value: Json | undefined, param: string) => T

/** Undefined where the member is absent or null. `at` is the path of the object, ending in a dot, or empty. */
export function optional<T>(object: JsonObject, name: string, at: string, read: Read<T>): T | undefined {
  const value = object[name]
  return value === undefined || value === null ? undefined : read(value, at + name)
}

/** Throws where the member is absent or null. */
export function required<T>(object: JsonObject, name: string, at: string, read: Read<T>): T {
  const value = object[name]
  if (value === undefined || value === null) throw invalid(at + name, 'Member must not be null')
  return read(value, at + name)
}

export const readString: Read<string> = (value, param) => {
  if (typeof value !== 'string') throw invalid(param, 'Member must be a string')
  return value
}

export const readBoolean: Read<boolean> = (value, param) => {
  if (typeof value !== 'boolean') throw invalid(param, 'Member must be a boolean')
  return value
}

export const readNumber: Read<number> = (value, param) => {
  if (typeof value !== 'number' || !Number.isFinite(value)) throw invalid(param, 'Member must be a number')
  return value
}

/** A whole number of at least 0. */
export const readCount: Read<number> = (value, param) => {
  if (!Number.isSafeInteger(value) || (value as number) < 0) {
    throw invalid(param, 'Member must be a whole number of at least 0')
  }
  return value as number
}

export const readObject: Read<JsonObject> = (value, param) => {
  if (!isObject(value)) throw invalid(param, 'Member must be an object')
  return value
}

export const readArray: Read<readonly Json[]> = (value, param) => {
  if (!Array.isArray(value)) throw invalid(param, 'Member must be a list')
  return value as readonly Json[]
}

export const readStrings: Read<readonly string[]> = (value, param) =>
  readArray(value, param).map((item, index) => readString(item, `${param}.${index}`))
