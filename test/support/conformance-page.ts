/** Holds the sections of docs/conformance.md against the tests that prove them; `npm run conformance` writes them. */

import assert from 'node:assert/strict'
import { readFileSync, writeFileSync } from 'node:fs'
import { resolve } from 'node:path'

const file = resolve(import.meta.dirname, '../../docs/conformance.md')

export type SectionName = 'clients' | 'laws' | 'faults'

/**
 * The named section of the page has these lines. To be called when all that they claim has just been proven: a run
 * with WEIR_CONFORMANCE=write takes them over instead of comparing.
 */
export function assertOnPage(name: SectionName, lines: readonly string[]): void {
  const page = readFileSync(file, 'utf8')
  const [begin, end] = [`<!-- begin ${name} -->\n`, `<!-- end ${name} -->\n`]
  const from = page.indexOf(begin) + begin.length
  const to = page.indexOf(end)
  assert.ok(from >= begin.length && to >= from, `docs/conformance.md has no section ${name}`)
  const text = `\n${lines.join('\n')}\n\n`
  if (process.env['WEIR_CONFORMANCE'] === 'write') {
    writeFileSync(file, page.slice(0, from) + text + page.slice(to))
    return
  }
  assert.equal(
    page.slice(from, to),
    text,
    'docs/conformance.md is not what the tests show: run `npm run conformance`',
  )
}

/** A Markdown table. */
export function tableLines(head: readonly string[], rows: readonly (readonly string[])[]): string[] {
  const line = (cells: readonly string[]) => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)]
}
