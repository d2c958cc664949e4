/** Reads CSV (RFC 4180): quoted cells may hold commas, doubled quotes and line breaks. */

export interface CsvRow {
  readonly cells: readonly string[]
  /** The line on which the row begins, from 1. */
  readonly line: number
}

/** Rows without those that are wholly empty. A byte order mark is not part of the first cell. */
export function parseCsv(text: string): { rows: readonly CsvRow[] } | { fault: string; line: number } {
  const source = text.startsWith('\uFEFF') ? text.slice(1) : text
  const rows: CsvRow[] = []
  let line = 1
  let at = 0
  while (at < source.length) {
    const startLine = line
    const cells: string[] = []
    for (;;) {
      const cell = source[at] === '"' ? quotedCell(source, at) : plainCell(source, at)
      if (cell === undefined) return { fault: 'a quoted cell does not end', line: startLine }
      cells.push(cell.text)
      line += cell.text.split('\n').length - 1
      at = cell.end
      if (source[at] !== ',') break
      at++
    }
    if (source[at] === '\r') at++
    if (at < source.length && source[at] !== '\n') return { fault: 'text after a quoted cell', line }
    at++
    line++
    if (cells.length > 1 || cells[0] !== '') rows.push({ cells, line: startLine })
  }
  return { rows }
}

function quotedCell(source: string, start: number): { text: string; end: number } | undefined {
  let text = ''
  for (let at = start + 1; ;) {
    const quote = source.indexOf('"', at)
    if (quote < 0) return undefined
    text += source.slice(at, quote)
    if (source[quote + 1] !== '"') return { text, end: quote + 1 }
    text += '"'
    at = quote + 2
  }
}

function plainCell(source: string, start: number): { text: string; end: number } {
  let end = start
  while (end < source.length && source[end] !== ',' && source[end] !== '\n') end++
  if (source[end] === '\n' && source[end - 1] === '\r' && end > start) end--
  return { text: source.slice(start, end), end }
}
