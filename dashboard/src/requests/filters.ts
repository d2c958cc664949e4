/** What a list of requests is narrowed by, as the address names it. */

import type { Given } from '../api/client.ts'
import { matchesText } from '../api/filter-text.ts'
import type { RequestRow } from '../api/live-feed.ts'

/** Each filter that is written, with what people call it; the team is picked in the header. */
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
  cache: 'Cache',
  contract: 'Contract',
  cost_gt: 'Cost above, USD',
  ms_gt: 'Longer than, ms',
  q: 'Text',
} as const

export type FilterField = keyof typeof filterFields
export type WrittenFilters = { readonly [Field in FilterField]?: string | undefined }
export type Filters = WrittenFilters & { readonly team?: string | undefined }
type TextField = Exclude<FilterField, 'status' | 'cost_gt' | 'ms_gt' | 'q'>

const fields = Object.keys(filterFields) as FilterField[]
export const filterNames = [...fields, 'team'] as const
const statusPattern = /^!?(?:[1-5](?:\d\d|xx)|error)(?:,(?:[1-5](?:\d\d|xx)|error))*$/
const numberPattern = /^\d{1,9}(?:\.\d{1,9})?$/

/** What cannot be read is left out. */
export function readFilters(search: Readonly<Record<string, unknown>>): Filters {
  return Object.fromEntries(
    filterNames.flatMap((field) => {
      const value = search[field]
      const text = typeof value === 'number' ? String(value) : value
      return typeof text === 'string' && text !== '' && faultOf(field, text) === undefined
        ? [[field, text]]
        : []
    }),
  )
}

/** Why this cannot be filtered by, or undefined. */
export function faultOf(field: keyof Filters, text: string): string | undefined {
  if (field === 'status' && !statusPattern.test(text))
    return 'Write statuses such as 429, classes such as 5xx, or error.'
  if ((field === 'cost_gt' || field === 'ms_gt') && !numberPattern.test(text)) return 'Write a number.'
  return undefined
}

/** As the admin API takes them. */
export function filterQuery({
  ms_gt: ms,
  ...rest
}: Filters): Omit<NonNullable<Given<'GET /requests'>['query']>, 'from' | 'to' | 'limit' | 'cursor'> {
  return { ...rest, ...(ms !== undefined && { ms_gt: Number(ms) }) }
}

/** The same judgement as the admin API's, for what arrives live. */
export function matchesFilters(row: RequestRow, filters: Filters): boolean {
  return filterNames.every((field) => {
    const wanted = filters[field]
    if (wanted === undefined) return true
    if (field === 'team') return row.team === wanted
    if (field === 'status') return statusMatches(row.status, wanted)
    if (field === 'cost_gt') return Number(row.cost_usd ?? 0) > Number(wanted)
    if (field === 'ms_gt') return row.duration_ms > Number(wanted)
    if (field === 'q')
      return placesOf(row).some((place) => place?.toLowerCase().includes(wanted.toLowerCase()))
    return matchesText(wanted, valuesOf[field](row))
  })
}

const valuesOf: { readonly [Field in TextField]: (row: RequestRow) => readonly (string | undefined)[] } = {
  model: ({ model }) => [model],
  provider: ({ provider }) => [provider],
  route: ({ route }) => [route],
  key: ({ key_id: id, key_name: name }) => [id, name],
  user: ({ user }) => [user],
  session: ({ session }) => [session],
  tag: ({ tags }) => tags,
  code: ({ code }) => [code],
  dialect: ({ dialect }) => [dialect],
  cache: ({ cache }) => [cache?.outcome],
  contract: ({ contract }) => [contract],
}

function placesOf(row: RequestRow): readonly (string | undefined)[] {
  const { id, key_name: keyName, tags, route, model, provider, user, session, code, message } = row
  return [id, keyName, ...tags, route, model, provider, user, session, code, row.requested_model, message]
}

function statusMatches(status: number, wanted: string): boolean {
  const isExcluded = wanted.startsWith('!')
  const isAny = wanted
    .slice(isExcluded ? 1 : 0)
    .split(',')
    .some((piece) =>
      piece === 'error'
        ? status >= 400
        : piece.endsWith('xx')
          ? String(status).startsWith(piece.charAt(0))
          : String(status) === piece,
    )
  return isAny !== isExcluded
}
