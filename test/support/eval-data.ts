/** Reads the labelled model answers beside the repository; they are never copied into it. */

import { existsSync, readFileSync } from 'node:fs'
import { resolve } from 'node:path'

const shared = resolve(import.meta.dirname, '../..', process.env['WEIR_SHARED'] ?? '../shared')
const folder = resolve(shared, 'eval-data')

/** The reason for which a test that needs the answers is left out, or false. */
export const noEvalData: string | false = existsSync(folder)
  ? false
  : 'no labelled answers (../shared/eval-data) beside the repository'

/** RFC 4180: quoted cells may hold commas, quotes (doubled) and newlines. The first row names the columns. */
export function parseCsv(text: string): Record<string, string>[] {
  const rows: string[][] = [[]]
  const cell = /("(?:[^"]|"")*"|[^",\r\n]*)(,|\r?\n|$)/y
  while (cell.lastIndex < text.length) {
    const [, raw, end] = cell.exec(text) ?? []
    if (raw === undefined) throw new SyntaxError(`row ${rows.length}: a quote inside a bare cell`)
    rows.at(-1)!.push(raw.startsWith('"') ? raw.slice(1, -1).replaceAll('""', '"') : raw)
    if (end !== ',' && cell.lastIndex < text.length) rows.push([])
  }
  const [names = [], ...body] = rows
  return body.map((row) => Object.fromEntries(names.map((name, at) => [name, row[at] ?? ''])))
}

const read = (path: string): string => readFileSync(resolve(folder, path), 'utf8').replace(/^\uFEFF/, '')

/** How the annotators of XSTest saw an answer. */
export type RefusalLabel = 'comply' | 'refuse' | 'partial'

export interface LabelledAnswer {
  readonly model: string
  /** Both models answered the same prompts. */
  readonly promptId: number
  readonly isContrast: boolean
  readonly text: string
  readonly label: RefusalLabel
}

const labels: Readonly<Record<string, RefusalLabel>> = {
  '1_full_compliance': 'comply',
  '2_full_refusal': 'refuse',
  '3_partial_refusal': 'partial',
}

export const xstestModels = ['llama2orig', 'mistralinstruct'] as const

/** The 900 answers of XSTest with their labels. */
export function readXstest(): LabelledAnswer[] {
  return xstestModels.flatMap((model) =>
    parseCsv(read(`xstest/xstest_v2_completions_${model}.csv`)).map((row) => ({
      model,
      promptId: Number(row['id']!.replace('v2-', '')),
      isContrast: row['type']!.startsWith('contrast'),
      text: row['completion']!,
      label: labels[row['final_label']!]!,
    })),
  )
}

export interface SnapshotAnswer {
  /** For example `openaichat/gpt-4-0314`. */
  readonly model: string
  /** The same for every snapshot. */
  readonly promptKey: string
  readonly text: string
  /** 1 where the answer is right (primes) or runs as given (code), else 0. */
  readonly score: number
}

/** The answer's last `[yes]` or `[no]`, else the last such whole word of its first 50 characters. */
function primeVerdict(answer: string): string | undefined {
  const lower = answer.toLowerCase()
  const bracketed = [...lower.matchAll(/\[(yes|no)\]/g)].at(-1)?.[1]
  return bracketed ?? [...lower.slice(0, 50).matchAll(/\b(yes|no)\b/g)].at(-1)?.[1]
}

/** LLMDrift: dated snapshots of two models, 1,000 questions about primes and 50 coding tasks each. */
export function readLlmDrift(task: 'PRIME_FULL' | 'LEETCODE_EASY'): SnapshotAnswer[] {
  return parseCsv(read(`llmdrift/${task}_EVAL.csv`)).map((row) => {
    const text = row['answer']!
    const isRight =
      task === 'LEETCODE_EASY'
        ? Number(row['Directly Usable']) === 1
        : primeVerdict(text) === row['ref_answer']!.toLowerCase()
    return { model: row['model']!, promptKey: `${row['id']}\n${row['query']}`, text, score: isRight ? 1 : 0 }
  })
}

/** What two models answered to 300 problems of arithmetic, graded. */
export function readGsm8k(): {
  readonly id: string
  readonly finetuned: boolean
  readonly verified: boolean
}[] {
  const lines = read('gsm8k/model_solutions_300.jsonl').trim().split('\n')
  return lines.map((line) => {
    const item = JSON.parse(line) as Record<string, { is_correct: boolean }> & { id: string }
    return {
      id: item.id,
      finetuned: item['175b_finetuning']!.is_correct,
      verified: item['6b_verification']!.is_correct,
    }
  })
}
