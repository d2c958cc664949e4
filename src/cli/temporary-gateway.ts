/** A gateway for one command: it listens on the control socket alone, and tells people only what is wrong. */

import type { StartOptions } from '../compose/start-options.ts'
import { readEnvironment } from '../config/environment.ts'
import { start } from '../main.ts'
import { createLog } from '../telemetry/log.ts'

/** What became of each request is the verb's to tell: a run of thousands counts its faults. */
function isOfRequest(line: string): boolean {
  return /^\S+ warn .* requestId=/.test(line)
}

/** Gives the function that stops it. */
export async function startForCommand(
  options: Pick<StartOptions, 'configPath' | 'dataDir'>,
): Promise<() => Promise<void>> {
  const log = createLog({
    level: 'warn',
    format: 'text',
    destination: { write: (line) => void (isOfRequest(line) || process.stderr.write(line)) },
  })
  const running = await start({
    ...options,
    env: readEnvironment(),
    folder: process.cwd(),
    log,
    isControlOnly: true,
  })
  return () => running.stop(true)
}
