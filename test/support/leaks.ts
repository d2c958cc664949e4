/** Looks for credentials where none belongs: in what a gateway has logged, and in the files that it leaves behind. */

import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** `place: secret` for each that was found. */
export function findLeaks(
  { log, dataDir }: { readonly log: readonly string[]; readonly dataDir: string },
  secrets: readonly string[],
): string[] {
  const found: string[] = []
  const look = (place: string, text: string) => {
    for (const secret of secrets) if (text.includes(secret)) found.push(`${place}: ${secret.slice(0, 12)}...`)
  }
  look('log', log.join('\n'))
  // A test may have taken its own folder away already.
  if (!existsSync(dataDir)) return found
  for (const name of readdirSync(dataDir, { recursive: true, encoding: 'utf8' })) {
    const path = join(dataDir, name)
    if (statSync(path).isFile()) look(name, readFileSync(path, 'latin1'))
  }
  return found
}
