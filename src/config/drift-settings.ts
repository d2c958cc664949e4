/** The shape of the `drift` section: which golden sets the gateway watches. */

import { z } from 'zod'

export const driftSettings = z.strictObject({
  sets: z
    .array(z.string().min(1))
    .default([])
    .describe('Files of golden sets to run by their schedules; relative ones are beside this file.'),
})
