/** What a list of requests is narrowed by, as the address names it. */

import type { RequestRow } from '../api/live-feed.ts'

/** Each filter with what people call it. */
export const filterFields = {
  status: 'Status',
  model: 'Model',
  provider: 'Provider',
  route: 'Route',
  key: 'Key',
  user: 'User',
  session: 'Session',
  tag: 'Tag',
  code: 'Error code',
  dialect: 'Dialect',
} as const

export type FilterField = keyof typeof filterFields
export type Filters = { readonly [Field in FilterField]?: string | undefined }

const fields = Object.keys(filterFields) as FilterField[]
const statusPattern = /^(?:[1-5](\d\d|xx)|error)$/

/** What cannot be read is left out. */
export function readFilters(search: Readonly<Record<string, unknown>>): Filters {
  return Object.fromEntries(
    fields.flatMap((field) => {
      const value = search[field]
      const text = typeof value === 'number' ? String(value) : value
      return typeof text === 'string' && text !== '' && faultOf(field, text) === undefined
        ? [[field, text]]
        : []
    }),
  )
}

/** Why this cannot be filtered by, or undefined. */
export function faultOf(field: FilterField, text: string): string | undefined {
  if (field === 'status' && !statusPattern.test(text))
    return 'Write a status such as 429, a class such as 5xx, or error.'
  return undefined
}

/** The same judgement as the admin API's, for what arrives live. */
export function matchesFilters(row: RequestRow, filters: Filters): boolean {
  return fields.every((field) => {
    const wanted = filters[field]
    if (wanted === undefined) return true
    if (field === 'status') return statusMatches(row.status, wanted)
    if (field === 'key') return row.key_id === wanted || row.key_name === wanted
    if (field === 'tag') return row.tags.includes(wanted)
    return row[field] === wanted
  })
}

function statusMatches(status: number, wanted: string): boolean {
  if (wanted === 'error') return status >= 400
  return wanted.endsWith('xx') ? String(status).startsWith(wanted.charAt(0)) : String(status) === wanted
}
