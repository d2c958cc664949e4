/** Answers that people have graded, by which a judge is measured before its word counts. */

import { z } from 'zod'
import { asArray, parseJson } from '../../core/json.ts'
import type { Place, SuiteSource } from './source.ts'
import type { HumanLabel } from './suite.ts'

const label = z.strictObject({ rubric: z.string().min(1), output: z.string(), pass: z.boolean() })

/** Reads `judge.calibration`: JSON Lines, or a list in YAML or JSON, of `{rubric, output, pass}`. */
export async function readCalibration(
  reference: string,
  file: string,
  place: Place,
  source: SuiteSource,
): Promise<readonly HumanLabel[]> {
  const refuse = (message: string): [] => {
    const mend = 'Name a `file://` with a list of `{rubric, output, pass}`, or with one of them on each line.'
    source.add(place({ path: [], message, mend }))
    return []
  }
  if (!reference.startsWith('file://')) return refuse('not a file of graded answers')
  const path = source.resolve(file, reference)
  const text = await source.text(path, (finding) => place({ path: [], ...finding }))
  if (text === undefined) return []
  const values = path.endsWith('.jsonl')
    ? text.split('\n').flatMap((line) => (line.trim() === '' ? [] : [parseJson(line)]))
    : asArray(source.parse(path, text)?.value)
  const labels = z.array(label).min(1).safeParse(values)
  if (labels.success) return labels.data
  const [issue] = labels.error.issues
  return refuse(`${path}: entry ${Number(issue?.path[0] ?? 0) + 1} is no graded answer`)
}
