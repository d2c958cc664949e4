/** Puts the texts of prompt files in their places, so that a route holds all that it says. */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Finding } from './fault.ts'
import type { Settings } from './schema.ts'

const scheme = 'file://'

/** Paths begin in `folder`. What cannot be read is added to `findings`. */
export async function readPrompts(
  routes: Settings['routes'],
  folder: string,
  findings: Finding[],
): Promise<{ readonly routes: Settings['routes']; readonly files: readonly string[] }> {
  const files: string[] = []
  const read: Settings['routes'] = {}
  for (const [name, route] of Object.entries(routes)) {
    read[name] = route
    if (route.prompt?.startsWith(scheme) !== true) continue
    const file = resolve(folder, route.prompt.slice(scheme.length))
    files.push(file)
    try {
      read[name] = { ...route, prompt: await readFile(file, 'utf8') }
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      const mend = 'Write `file://` and the path of a readable file; relative ones are beside this file.'
      findings.push({
        path: ['routes', name, 'prompt'],
        message: `the prompt cannot be read (${code})`,
        mend,
      })
    }
  }
  return { routes: read, files }
}
