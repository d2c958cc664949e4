/** Lays rows out in columns; what a terminal would obey is shown as `?`. */

/** One line per row; columns are as wide as their widest cell. `isRight` names the columns of numbers. */
export function alignColumns(
  rows: readonly (readonly string[])[],
  isRight: readonly boolean[] = [],
): string[] {
  const widths: number[] = []
  const shown = rows.map((row) => row.map((cell) => cell.replace(obeyed, '?')))
  for (const row of shown) row.forEach((cell, at) => (widths[at] = Math.max(widths[at] ?? 0, cell.length)))
  const pad = (cell: string, at: number): string =>
    isRight[at] ? cell.padStart(widths[at] ?? 0) : cell.padEnd(widths[at] ?? 0)
  return shown.map((row) => row.map(pad).join('  ').trimEnd())
}

/** Names of keys, models and users are other people's words. */
const obeyed = /[\u0000-\u001f\u007f-\u009f\u2028\u2029\u202a-\u202e\u2066-\u2069]/g
