/** The parameters that rows of several features take. */

import { z } from 'zod'

/** In milliseconds. */
export const isoTime = z.iso
  .datetime({ offset: true })
  .transform((text) => Date.parse(text))
  .describe('ISO 8601 with an offset.')

/** In milliseconds. */
export const time = z
  .union([
    z.iso.datetime({ offset: true }).transform((text) => Date.parse(text)),
    z
      .string()
      .regex(/^\d{1,15}$/)
      .transform(Number),
  ])
  .describe('ISO 8601 with an offset, or Unix milliseconds.')

export const pageLimit = z.coerce.number().int().min(1).max(1000).default(100)

const cursorHelp = '`next_cursor` of the page before.'

/** Where the row itself judges what it is given. */
export const pageCursor = z.string().optional().describe(cursorHelp)

/** Of a list that is read by its place. */
export const offsetCursor = z
  .string()
  .regex(/^\d{1,9}$/)
  .optional()
  .describe(cursorHelp)
