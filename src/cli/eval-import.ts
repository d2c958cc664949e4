/** `weir eval import`: another tool's suite as one of ours. */

import { readFile, writeFile } from 'node:fs/promises'
import { stringify } from 'yaml'
import { formatFault } from '../config/fault.ts'
import { importPromptfoo } from '../judgement/suite/import-promptfoo.ts'
import type { Output } from './output.ts'

export interface EvalImportFlags {
  readonly output?: string
  readonly writeIds?: true
  readonly allowUnsupported?: true
}

/** Gives the exit code: 2 where something was left out and that has not been allowed. */
export async function importSuite(path: string, flags: EvalImportFlags, output: Output): Promise<number> {
  const { suite, left } = importPromptfoo(await readFile(path, 'utf8'), {
    writesIds: flags.writeIds === true,
  })
  for (const fault of left)
    output.note(formatFault(path, { ...fault, message: `cannot be carried: ${fault.message}` }))
  if (left.length > 0 && !flags.allowUnsupported) {
    output.fail(
      `${left.length} parts cannot be carried; \`--allow-unsupported\` writes the suite without them`,
    )
    return 2
  }
  const text = `# yaml-language-server: $schema=weir-suite.schema.json\n${stringify(suite, { lineWidth: 110 })}`
  if (flags.output === undefined) output.print(text.trimEnd())
  else await writeFile(flags.output, text)
  if (left.length > 0) output.note(`${left.length} parts were left out`)
  return 0
}
