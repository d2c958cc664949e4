/** Reads what callers say of a batch beside its lines. */

import { GatewayError } from '../core/error.ts'
import { isObject, type Json } from '../core/json.ts'

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

/** A whole number of a query, from 1 to `most`. Throws `invalid_request`. */
export function readCount(text: string | null, name: string, most: number): number | undefined {
  if (text === null) return undefined
  const value = Number(text)
  if (Number.isInteger(value) && value >= 1 && value <= most) return value
  throw new GatewayError('invalid_request', `\`${name}\` must be a whole number from 1 to ${most}.`, {
    param: name,
  })
}
