/** Grades one answer to one question by a rubric, without a suite around it. */

import type { GradeFault, GradeParts } from './assertions/assertion.ts'
import { material, readRubric, rubricSystem } from './assertions/judged.ts'

export interface AnswerToGrade {
  readonly question: string
  readonly output: string
  readonly rubric: string
}

/** In 0 to 1; a fault where the judge gave no verdict that could be read. */
export async function gradeAnswer(
  judge: NonNullable<GradeParts['judge']>,
  { question, output, rubric }: AnswerToGrade,
): Promise<number | GradeFault> {
  const [answer] = await judge({
    system: rubricSystem,
    user: material({ rubric, question, output }),
    isReadable: (text) => readRubric(text) !== undefined,
  })
  if (answer === undefined || 'error' in answer) return answer ?? { error: 'no judge' }
  const { pass, score } = readRubric(answer.text)!
  return score ?? (pass === true ? 1 : 0)
}
