/** The matrix as one Markdown table for each dialect that clients speak, its absent cells with their reasons below. */

import type { DialectId } from '../../src/core/event.ts'
import { tableLines } from '../support/conformance-page.ts'
import type { SdkClient } from './clients/client.ts'

/** A cell that holds, or that cannot be for the reason in `absent`. */
interface ProvenCell {
  readonly sdk: string
  readonly provider: string
  readonly feature: string
  readonly absent?: string
}

const titles: ReadonlyMap<DialectId, string> = new Map([
  ['openai-chat', 'Chat Completions'],
  ['openai-responses', 'Responses'],
  ['anthropic-messages', 'Anthropic Messages'],
  ['gemini', 'Gemini'],
])

export function conformanceTables(
  clients: readonly Pick<SdkClient, 'name' | 'dialect'>[],
  cells: readonly ProvenCell[],
): string[] {
  const proven = cells.filter(({ absent }) => absent === undefined).length
  const total = `${cells.length} cells: ${proven} hold, ${cells.length - proven} cannot be.`
  const groups = Map.groupBy(clients, ({ dialect }) => dialect)
  const tables = [...groups].flatMap(([dialect, group]) => {
    const names = group.map(({ name }) => name)
    return ['', ...tableOf(dialect, names, cells)]
  })
  return [total, ...tables]
}

function tableOf(dialect: DialectId, names: readonly string[], all: readonly ProvenCell[]): string[] {
  const cells = all.filter(({ sdk }) => names.includes(sdk))
  const providers = [...new Set(cells.map(({ provider }) => provider))]
  const notes = new Map<string, number>()
  const noteOf = (text: string): number => {
    const known = notes.get(text) ?? notes.size + 1
    notes.set(text, known)
    return known
  }
  const rows = [...Map.groupBy(cells, ({ feature }) => feature)].map(([feature, ofFeature]) => [
    feature,
    ...providers.map((provider) => {
      const here = ofFeature.filter((cell) => cell.provider === provider)
      const reasons = Map.groupBy(
        here.filter(({ absent }) => absent !== undefined),
        ({ absent }) => absent!,
      )
      const numbers = [...reasons].map(([reason, group]) =>
        noteOf(group.length === names.length ? reason : `${listed(group.map(({ sdk }) => sdk))}: ${reason}`),
      )
      const holds = here.some(({ absent }) => absent === undefined)
      return [holds ? 'yes' : 'no', ...numbers.map((number) => `(${number})`)].join(' ')
    }),
  ])
  return [
    `### ${titles.get(dialect) ?? dialect}`,
    '',
    `Clients: ${listed(names)}.`,
    '',
    ...tableLines(['', ...providers], merged(rows)),
    ...(notes.size > 0 ? [''] : []),
    ...[...notes].map(([text, number]) => `${number}. ${text}.`),
  ]
}

/** A feature and its streamed form as one row, where they hold for the same. */
function merged(rows: readonly string[][]): string[][] {
  const textOf = ([, ...cells]: readonly string[]) => cells.join()
  return rows.flatMap((row, at) => {
    const [name = ''] = row
    const isPairWith = (other: readonly string[] | undefined, streamed: string) =>
      other !== undefined && streamed === other[0] && textOf(other) === textOf(row)
    if (isPairWith(rows[at - 1], name.replace(/, streamed$/, ''))) return []
    if (!isPairWith(rows[at + 1], `${name}, streamed`)) return [row]
    return [[`${name}, whole and streamed`, ...row.slice(1)]]
  })
}

const listed = (names: readonly string[]) => names.map((name) => `\`${name}\``).join(', ')
