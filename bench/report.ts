/** Figures as a table, for the terminal and for docs/benchmarks.md, with all that a reader needs to judge them. */

import { execFileSync } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { cpus, loadavg, totalmem } from 'node:os'
import { resolve } from 'node:path'

export interface Figure {
  readonly name: string
  readonly unit: 'µs' | 'ms' | 's' | 'MiB'
  readonly bare?: number
  readonly weir: number
  /** What the target is about: Weir over bare, Weir less bare, or Weir alone. */
  readonly compare: 'ratio' | 'difference' | 'none'
  /** The target: at most this much. */
  readonly limit?: number
}

export interface Setting {
  readonly commit: string
  readonly node: string
  readonly cpu: string
  readonly cores: number
  readonly memoryGiB: number
  readonly date: string
  /** Of the last minute before the run. */
  readonly loadAverage: number
  readonly scale: string
}

/** Where and when; call it before the run makes a load of its own. */
export function settingOf(scale: string): Setting {
  return {
    commit: commitOf(),
    node: process.version,
    cpu: cpus()[0]?.model ?? 'unknown',
    cores: cpus().length,
    memoryGiB: Math.round(totalmem() / 2 ** 30),
    date: new Date().toISOString().slice(0, 10),
    loadAverage: Math.round(loadavg()[0]! * 100) / 100,
    scale,
  }
}

function commitOf(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, { cwd: root, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim()
  try {
    const isChanged = git('status', '--porcelain', '--', 'src', 'bin') !== ''
    return git('rev-parse', '--short', 'HEAD') + (isChanged ? ' with changes' : '')
  } catch {
    return 'unknown' // not a checkout
  }
}

/** What the target is compared with. */
export function compared({ compare, weir, bare }: Figure): number {
  switch (compare) {
    case 'ratio':
      return weir / bare!
    case 'difference':
      return weir - bare!
    case 'none':
      return weir
  }
}

export function verdict(figure: Figure): 'met' | 'missed' | '' {
  if (figure.limit === undefined) return ''
  return compared(figure) <= figure.limit ? 'met' : 'missed'
}

const heads = ['', 'bare', 'Weir', 'compared', 'target', ''] as const

function cells(figure: Figure): string[] {
  const { name, unit, bare, weir, compare, limit } = figure
  const show = (value: number) =>
    compare === 'ratio' ? `${value.toFixed(2)}x` : `${value > 0 ? '+' : ''}${amount(value)} ${unit}`
  return [
    name,
    bare === undefined ? '' : `${amount(bare)} ${unit}`,
    `${amount(weir)} ${unit}`,
    compare === 'none' ? '' : show(compared(figure)),
    limit === undefined ? '' : `≤ ${compare === 'ratio' ? `${limit}x` : `${limit} ${unit}`}`,
    verdict(figure),
  ]
}

function amount(value: number): string {
  return Math.abs(value) >= 10 ? value.toFixed(1) : value.toFixed(2)
}

/** One line of the table in the terminal. */
export function line(figure: Figure): string {
  const [name = '', ...rest] = cells(figure)
  return [name.padEnd(62), ...rest.map((cell) => cell.padStart(10))].join(' ')
}

/** The line above the table in the terminal. */
export function headLine(): string {
  const [name, ...rest] = heads
  return [name.padEnd(62), ...rest.map((cell) => cell.padStart(10))].join(' ')
}

const root = resolve(import.meta.dirname, '..')
const page = resolve(root, 'docs/benchmarks.md')
const end = '<!-- end -->'

/** Replaces what `command` has written into docs/benchmarks.md; its place is marked there with its name. */
export function writePage(command: string, text: string): void {
  const before = `<!-- begin: written by \`${command}\` -->`
  const old = readFileSync(page, 'utf8')
  const from = old.indexOf(before)
  if (from < 0) throw new Error(`docs/benchmarks.md has no place for ${command}`)
  const start = from + before.length
  writeFileSync(page, `${old.slice(0, start)}\n${text}\n${old.slice(old.indexOf(end, start))}`)
}

/** Where and when, as a sentence. */
export function settingLine(setting: Setting): string {
  return (
    `Commit ${setting.commit}, ${setting.date}, Node ${setting.node.slice(1)}, ${setting.cpu}, ` +
    `${setting.cores} cores, ${setting.memoryGiB} GiB, load average ${setting.loadAverage} before the run ` +
    `(${setting.scale}).`
  )
}

/** The table of all figures, in Markdown. */
export function figureTable(figures: readonly Figure[]): string {
  return table(heads, ['---', '---:', '---:', '---:', '---:', '---'], figures.map(cells))
}

export function table(
  head: readonly string[],
  alignment: readonly string[],
  rows: readonly (readonly string[])[],
): string {
  return [head, alignment, ...rows].map((row) => `| ${row.join(' | ')} |`).join('\n')
}
