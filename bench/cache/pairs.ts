/** The labelled pairs: paraphrases and near-misses. Of `families.txt` half is for tuning, all of `tuning.txt` is. */

import { readFileSync } from 'node:fs'
import { resolve } from 'node:path'

export type Half = 'tuning' | 'reported'

export interface Pair {
  readonly half: Half
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
    ...familiesOf('families.txt').flatMap((block, at) =>
      pairsOf(block, at % 2 === 0 ? 'tuning' : 'reported'),
    ),
    ...familiesOf('tuning.txt').flatMap((block) => pairsOf(block, 'tuning')),
  ]
}

function familiesOf(file: string): string[] {
  const text = readFileSync(resolve(import.meta.dirname, file), 'utf8')
  return text.split(/\n\s*\n/).filter((block) => block.includes('\n='))
}

function pairsOf(block: string, half: Half): Pair[] {
  const lines = block.split('\n').filter((line) => line !== '' && !line.startsWith('#'))
  const slot = slotOf(lines[0]!)
  const base = lines.find((line) => line.startsWith('= '))!.slice(2)
  return slot.values.flatMap((_, at) => {
    const fill = (template: string) => filled(template, slot, at)
    const question = fill(base)
    return lines.flatMap((line): Pair[] => {
      if (line.startsWith('+ ')) return [{ half, question, other: fill(line.slice(2)) }]
      const near = /^- (\w+): (.*)$/.exec(line)
      return near ? [{ half, question, other: fill(near[2]!), miss: near[1]! }] : []
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
