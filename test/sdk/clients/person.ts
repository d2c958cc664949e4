/** The structured answer that every SDK asks for, as its helper wants it. */

import { z } from 'zod'

export const person = z.object({ name: z.string(), height: z.number(), city: z.enum(['Bern', 'Oslo']) })
