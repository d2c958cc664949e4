/** What is different between two documents, by the path of each leaf. */

import { isObject, type Json } from '../core/json.ts'

export interface Difference {
  /** Such as `targets.0.target`. */
  readonly path: string
  /** Absent: it is not there. */
  readonly from?: Json
  readonly to?: Json
}

export function differences(from: Json | undefined, to: Json | undefined, path = ''): Difference[] {
  const [a, b] = [membersOf(from), membersOf(to)]
  if (a && b) {
    const names = new Set([...Object.keys(a), ...Object.keys(b)])
    return [...names].flatMap((name) => differences(a[name], b[name], path === '' ? name : `${path}.${name}`))
  }
  if (JSON.stringify(from) === JSON.stringify(to)) return []
  return [{ path, ...(from !== undefined && { from }), ...(to !== undefined && { to }) }]
}

function membersOf(value: Json | undefined): Readonly<Record<string, Json | undefined>> | undefined {
  if (Array.isArray(value)) return Object.fromEntries(value.map((item: Json, index) => [String(index), item]))
  return isObject(value) ? value : undefined
}
