/** The order of a run: cases at random, the arms of each case mixed in time, the same for the same seed. */

import { createRandom } from '../judgement/statistics/random.ts'
import type { Case, Suite, Target } from '../judgement/suite/suite.ts'
import type { Attempt } from './conversation.ts'

/** Both arms, the baseline last. */
export function armsOf({ candidates, baseline }: Pick<Suite, 'candidates' | 'baseline'>): Target[] {
  return uniqueLabels([...candidates, ...(baseline ? [baseline] : [])])
}

/** A route may be held against itself; reports and pairs still need two names. */
function uniqueLabels(targets: readonly Target[]): Target[] {
  const seen = new Map<string, number>()
  return targets.map((target) => {
    const count = (seen.get(target.label) ?? 0) + 1
    seen.set(target.label, count)
    return count === 1 ? target : { ...target, label: `${target.label} (${count})` }
  })
}

/** Every repeat of every case for every arm, case by case; within a case the repeats and arms are mixed. */
export function attemptsOf(
  cases: readonly Case[],
  arms: readonly Target[],
  seed: string,
  repeats: { readonly from: number; readonly to?: number } = { from: 0 },
): Attempt[] {
  const random = createRandom(`${seed}:order`)
  return random.shuffle(cases).flatMap((test) => {
    const count = repeats.to ?? test.repeat
    const attempts: Attempt[] = []
    for (let repeat = repeats.from; repeat < count; repeat++) {
      for (const arm of arms) attempts.push({ test, arm, repeat })
    }
    return random.shuffle(attempts)
  })
}
