/** The only reader of the process's environment. */

import type { Environment } from './secret-ref.ts'

/** A snapshot of the environment variables. The composition root takes it once and passes it on. */
export function readEnvironment(): Environment {
  return Object.freeze({ ...process.env })
}
