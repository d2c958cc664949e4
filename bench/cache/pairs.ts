/** The labelled pairs: paraphrases and near-misses, in sets by what they may be used for. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

/**
 * `tuning`: one half of `families.txt`, all of `tuning.txt`. `development`: looked at between changes. `first`: the other
 * half of `families.txt`, by whose totals rules and words were chosen. `held-out`: of these only the totals are reported.
 */
export type PairSet = 'tuning' | 'development' | 'first' | 'held-out'

export interface Pair {
  readonly set: PairSet
  readonly question: string
  readonly other: string
  /** Absent: the same question in other words. */
  readonly miss?: string
}

interface Slot {
  readonly name: string
  readonly values: readonly string[]
}

export function readPairs(): Pair[] {
  return [
    ...familiesOf('families.txt').flatMap((block, at) => pairsOf(block, at % 2 === 0 ? 'tuning' : 'first')),
    ...familiesOf('tuning.txt').flatMap((block) => pairsOf(block, 'tuning')),
    ...familiesOf('development.txt').flatMap((block) => pairsOf(block, 'development')),
    ...familiesOf('held-out.txt').flatMap((block) => pairsOf(block, 'held-out')),
  ]
}

function familiesOf(file: string): string[] {
  const text = readFileSync(resolve(import.meta.dirname, file), 'utf8')
  return text.split(/\n\s*\n/).filter((block) => block.includes('\n='))
}

function pairsOf(block: string, set: PairSet): Pair[] {
  const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const slot = slotOf(lines[0]!)
  const base = lines.find((line) => line.startsWith('= '))!.slice(2)
  return slot.values.flatMap((_, at) => {
    const fill = (template: string) => filled(template, slot, at)
    const question = fill(base)
    return lines.flatMap((line): Pair[] => {
      if (line.startsWith('+ ')) return [{ set, question, other: fill(line.slice(2)) }]
      const near = /^- (\w+): (.*)$/.exec(line)
      return near ? [{ set, question, other: fill(near[2]!), miss: near[1]! }] : []
    })
  })
}

/** `@ name: one | another` */
function slotOf(line: string): Slot {
  const [, name = '', values = ''] = /^@ (\w+): (.*)$/.exec(line) ?? []
  return { name, values: values.split('|').map((value) => value.trim()) }
}

function filled(template: string, { name, values }: Slot, at: number): string {
  return template
    .replaceAll(`{${name}'}`, values[(at + 1) % values.length]!)
    .replaceAll(`{${name}}`, values[at]!)
}
