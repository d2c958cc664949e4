/** Puts the texts of prompt files in their places, so that a route holds all that it says. */

import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Finding, Path } from './fault.ts'
import type { Settings } from './schema.ts'

const scheme = 'file://'

/** Paths begin in `folder`. What cannot be read is added to `findings`. */
export async function readPrompts(
  routes: Settings['routes'],
  folder: string,
  findings: Finding[],
): Promise<{ readonly routes: Settings['routes']; readonly files: readonly string[] }> {
  const files: string[] = []
  const readText = async (prompt: string, path: Path): Promise<string> => {
    if (!prompt.startsWith(scheme)) return prompt
    const file = resolve(folder, prompt.slice(scheme.length))
    files.push(file)
    try {
      return await readFile(file, 'utf8')
    } catch (error) {
      const code = error instanceof Error && 'code' in error ? String(error.code) : String(error)
      const mend = 'Write `file://` and the path of a readable file; relative ones are beside this file.'
      findings.push({ path, message: `the prompt cannot be read (${code})`, mend })
      return prompt
    }
  }
  const read: Settings['routes'] = {}
  for (const [name, route] of Object.entries(routes)) {
    const { prompt, experiment } = route
    const path = ['routes', name]
    read[name] = route
    if (prompt !== undefined) read[name] = { ...route, prompt: await readText(prompt, [...path, 'prompt']) }
    if (!experiment) continue
    const arms = await Promise.all(
      experiment.arms.map(async (arm, index) =>
        arm.prompt === undefined
          ? arm
          : { ...arm, prompt: await readText(arm.prompt, [...path, 'experiment', 'arms', index, 'prompt']) },
      ),
    )
    read[name] = { ...read[name], experiment: { ...experiment, arms } }
  }
  return { routes: read, files }
}
