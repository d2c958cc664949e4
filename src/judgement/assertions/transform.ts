/** What an assertion does to the output before it looks at it. */

import { parseJson } from '../../core/json.ts'
import type { Assertion, GradeContext, GradeFault, GradeParts } from './assertion.ts'
import { patternFault } from './regex.ts'
import { atPointer } from './structure.ts'

const patternPrefix = 'regex:'

/** `trim`, `lower`, a JSON pointer (`/total`), or `regex:...` whose first group is kept; several with `|`. */
function stepsOf(transform: string): string[] {
  return transform.startsWith(patternPrefix) ? [transform] : transform.split('|').map((part) => part.trim())
}

function isStep(step: string): boolean {
  return step === 'trim' || step === 'lower' || step.startsWith('/') || step.startsWith(patternPrefix)
}

/** Whether it is JavaScript. A word alone is none, but one of ours that is misspelt. */
export function isScript(transform: string): boolean {
  return !stepsOf(transform).every((step) => isStep(step) || /^\w*$/.test(step))
}

/** What is wrong with a transform that is no JavaScript; undefined where nothing is. */
export function transformFault(transform: string): string | undefined {
  for (const step of stepsOf(transform)) {
    if (!isStep(step)) return `\`${step}\` is no transform`
    const pattern = step.startsWith(patternPrefix) ? step.slice(patternPrefix.length) : undefined
    const fault = pattern === undefined ? undefined : patternFault(pattern, '')
    if (fault !== undefined) return `not a valid pattern: ${fault}`
  }
  return undefined
}

/** The output as the assertion sees it. Rejects where a script throws. */
export async function transformed(
  context: GradeContext,
  { transform, transformScript }: Assertion,
  { regex, script }: GradeParts,
): Promise<string | GradeFault> {
  let { output } = context.reply
  if (transformScript !== undefined) {
    if (script === undefined) return { error: 'JavaScript runs only with `--allow-js`' }
    const made = await script(transformScript, context, output)
    return typeof made === 'string' ? made : (JSON.stringify(made) ?? '')
  }
  for (const step of transform === undefined ? [] : stepsOf(transform)) {
    if (step === 'trim') output = output.trim()
    else if (step === 'lower') output = output.toLowerCase()
    else if (step.startsWith('/')) output = pointed(output, step)
    else {
      const match = regex.test(step.slice(patternPrefix.length), '', output)
      if ('error' in match) return match
      output = match.groups?.[1] ?? match.groups?.[0] ?? ''
    }
  }
  return output
}

function pointed(output: string, pointer: string): string {
  const found = atPointer(parseJson(output), pointer)
  if (found === undefined) return ''
  return typeof found === 'string' ? found : JSON.stringify(found)
}
