/** Holds what was sent to the schema that it should have. */

import type { z } from 'zod'
import { GatewayError } from '../core/error.ts'

/** Throws `invalid_request`, naming the first member that is wrong. `where`: what is checked, for the message. */
export function check<Schema extends z.ZodType>(
  schema: Schema,
  value: unknown,
  where: string,
): z.output<Schema> {
  const result = schema.safeParse(value)
  if (result.success) return result.data
  const [issue] = result.error.issues
  const param = issue?.code === 'unrecognized_keys' ? issue.keys[0] : issue?.path.join('.')
  throw new GatewayError('invalid_request', `The ${where} is not valid: ${issue?.message ?? ''}`, {
    ...(param !== undefined && { param }),
  })
}
