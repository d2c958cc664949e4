/** Reads what callers say of a batch beside its lines. */

import type { CallerCall } from '../core/caller-route.ts'
import { GatewayError } from '../core/error.ts'
import { isObject, type Json } from '../core/json.ts'
import { type NanoUsd, parseUsd } from '../core/money.ts'

/** OpenAI's bounds. */
const maxPairs = 16
const maxNameLength = 64
const maxValueLength = 512

/** Throws `invalid_request`. */
export function readMetadata(value: Json | undefined): Readonly<Record<string, string>> {
  if (value === undefined || value === null) return {}
  const pairs = isObject(value) ? Object.entries(value) : []
  const isGood = ([name, text]: readonly [string, unknown]) =>
    name.length <= maxNameLength && typeof text === 'string' && text.length <= maxValueLength
  if (isObject(value) && pairs.length <= maxPairs && pairs.every(isGood))
    return value as Record<string, string>
  throw new GatewayError(
    'invalid_request',
    `\`metadata\` must be at most ${maxPairs} texts of ${maxValueLength} characters under names of ${maxNameLength}.`,
    { param: 'metadata' },
  )
}

/** `native: true` in the body, or `x-weir-native: 1` where an SDK has no place for it. Throws `invalid_request`. */
export function readNative({ header }: Pick<CallerCall, 'header'>, value: Json | undefined): boolean {
  const text = header('x-weir-native')
  if (typeof value === 'boolean') return value
  if (value !== undefined && value !== null) {
    throw new GatewayError('invalid_request', '`native` must be true or false.', { param: 'native' })
  }
  if (text === undefined || text === '0' || text === '1') return text === '1'
  throw new GatewayError('invalid_request', '`x-weir-native` must be 1 or 0.', { param: 'x-weir-native' })
}

/** An amount in USD, as a number or a text. Throws `invalid_request`. */
export function readMaxUsd(value: Json | undefined): NanoUsd | undefined {
  if (value === undefined || value === null) return undefined
  const amount = typeof value === 'number' || typeof value === 'string' ? parseUsd(String(value)) : undefined
  if (amount !== undefined && amount > 0) return amount
  throw new GatewayError('invalid_request', '`max_usd` must be an amount above zero.', { param: 'max_usd' })
}

/** A whole number of a query, from 1 to `most`. Throws `invalid_request`. */
export function readCount(text: string | null, name: string, most: number): number | undefined {
  if (text === null) return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new GatewayError('invalid_request', `\`${name}\` must be a whole number from 1 to ${most}.`, {
    param: name,
  })
}
