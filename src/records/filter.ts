/** What a value of a record must be, or must not: several at a time, and beginnings. Pure. */

/** One of these it is; with `isExcluded`, none of them. */
interface AnyOf<One> {
  readonly anyOf: readonly One[]
  readonly isExcluded: boolean
}

export interface TextPattern {
  readonly text: string
  /** More may follow. */
  readonly isBeginning: boolean
}

export interface StatusRange {
  /** Both inclusive. */
  readonly min: number
  readonly max: number
}

export type TextFilter = AnyOf<TextPattern>
export type StatusFilter = AnyOf<StatusRange>

/** Of every parameter that takes such a filter. */
export const textFilterHelp =
  'Several with commas between them: any of these. With `!` before the first: none of them. With `*` at its end: what ' +
  'begins so. A comma, `*`, `!` or backslash that is meant itself has a backslash before it.'

/** `gpt-5*,sonnet`, `!ci`. Every text can be read as a filter. */
export function readTextFilter(written: string): TextFilter {
  const isExcluded = written.startsWith('!')
  const pieces = written.slice(isExcluded ? 1 : 0).match(/(?:\\.|[^\\,])+/gsu) ?? []
  return { isExcluded, anyOf: pieces.map(readPattern) }
}

function readPattern(piece: string): TextPattern {
  const isBeginning = /^(?:\\.|[^\\])*\*$/su.test(piece)
  const text = (isBeginning ? piece.slice(0, -1) : piece).replaceAll(/\\(.)/gsu, '$1')
  return { text, isBeginning }
}

/** `429,5xx`, `!2xx`, `error`. Undefined where it is no such thing. */
export function readStatusFilter(written: string): StatusFilter | undefined {
  const isExcluded = written.startsWith('!')
  const pieces = written.slice(isExcluded ? 1 : 0).split(',')
  if (!pieces.every((piece) => /^([1-5](\d\d|xx)|error)$/.test(piece))) return undefined
  return { isExcluded, anyOf: pieces.map(rangeOf) }
}

function rangeOf(piece: string): StatusRange {
  if (piece === 'error') return { min: 400, max: 599 }
  return { min: Number(piece.replace('xx', '00')), max: Number(piece.replace('xx', '99')) }
}

/** This text and no other. */
export function exactFilter(text: string): TextFilter {
  return { isExcluded: false, anyOf: [{ text, isBeginning: false }] }
}

/** Of several values one is enough; what is not there is none of them. */
export function matchesText(
  { anyOf, isExcluded }: TextFilter,
  values: readonly (string | undefined)[],
): boolean {
  if (anyOf.length === 0) return true
  const isAny = anyOf.some(({ text, isBeginning }) =>
    values.some((value) => (isBeginning ? value?.startsWith(text) === true : value === text)),
  )
  return isAny !== isExcluded
}
