/** The writing of filters, as the admin API reads them: several values, none of them, beginnings. Pure. */

/** `gpt-5*,sonnet`, `!ci`: the same judgement as the admin API's, of any one of the values. */
export function matchesText(written: string, values: readonly (string | undefined)[]): boolean {
  const isExcluded = written.startsWith('!')
  const pieces = written.slice(isExcluded ? 1 : 0).match(/(?:\\.|[^\\,])+/gsu) ?? []
  if (pieces.length === 0) return true
  const patterns = pieces.map((piece) => {
    const isBeginning = /^(?:\\.|[^\\])*\*$/su.test(piece)
    const text = (isBeginning ? piece.slice(0, -1) : piece).replaceAll(/\\(.)/gsu, '$1')
    return (value: string | undefined) => (isBeginning ? value?.startsWith(text) === true : value === text)
  })
  return values.some((value) => patterns.some((isIt) => isIt(value))) !== isExcluded
}

/** This value and nothing else, whatever is in it. */
export function exactly(value: string): string {
  return value.replaceAll(/[\\,*!]/g, String.raw`\$&`)
}
