/** In which order a table stands, as the address says it: `sort=-cost` is by cost, the greatest first. */

import { useNavigate, useSearch } from '@tanstack/react-router'

export interface Sorting {
  readonly name: string
  /** The greatest first. */
  readonly isDown: boolean
}

/** By what rows can be put in order. */
export interface Order<Thing> {
  /** In the address. */
  readonly name: string
  /** Undefined where it is not known: that comes last, either way. */
  of(thing: Thing): string | number | undefined
}

export function readSorting(written: unknown): Sorting | undefined {
  if (typeof written !== 'string' || !/^-?\w{1,32}$/.test(written)) return undefined
  const isDown = written.startsWith('-')
  return { name: isDown ? written.slice(1) : written, isDown }
}

export function sortingText({ name, isDown }: Sorting): string {
  return isDown ? `-${name}` : name
}

/** After a column's head is pressed: one way, the other way, and as at first. */
export function sortingAfter(
  now: Sorting | undefined,
  name: string,
  isDownFirst: boolean,
): Sorting | undefined {
  if (now?.name !== name) return { name, isDown: isDownFirst }
  return now.isDown === isDownFirst ? { name, isDown: !isDownFirst } : undefined
}

/** What is alike stays in its order. */
export function inOrder<Thing>(things: readonly Thing[], order: Order<Thing>, isDown: boolean): Thing[] {
  return things.toSorted((one, other) => {
    const [a, b] = [order.of(one), order.of(other)]
    if (a === undefined || b === undefined) return Number(a === undefined) - Number(b === undefined)
    const ahead = typeof a === 'string' || typeof b === 'string' ? compareTexts(String(a), String(b)) : a - b
    return isDown ? -ahead : ahead
  })
}

function compareTexts(one: string, other: string): number {
  return one.localeCompare(other, 'en', { numeric: true })
}

export function useSorting(): readonly [
  sorting: Sorting | undefined,
  sort: (sorting: Sorting | undefined) => void,
] {
  const { sort } = useSearch({ strict: false }) as { readonly sort?: unknown }
  const navigate = useNavigate()
  const setSorting = (next: Sorting | undefined) => {
    const search = (before: object) => ({ ...before, sort: next && sortingText(next) })
    void navigate({ to: '.', search: search as never, resetScroll: false })
  }
  return [readSorting(sort), setSorting]
}
