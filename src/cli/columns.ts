/** Lays rows out in columns. */

/** One line per row; columns are as wide as their widest cell. `isRight` names the columns of numbers. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  isRight: readonly boolean[] = [],
): string[] {
  const widths: number[] = []
  for (const row of rows) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)))
  const pad = (cell: string, at: number): string =>
    isRight[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)
  return rows.map((row) => row.map(pad).join('  ').trimEnd())
}
