/** Names and hashes of cases: what pairs an answer of one arm with the same question to the other. */

import { createHash } from 'node:crypto'

/** JSON with the members of every object in the order of their names, so that equal data is equal text. */
export function canonicalJson(value: unknown): string {
  if (Array.isArray(value)) return `[${value.map(canonicalJson).join(',')}]`
  if (typeof value !== 'object' || value === null) return JSON.stringify(value) ?? 'null'
  const members = Object.entries(value)
    .filter(([, member]) => member !== undefined)
    .toSorted(([a], [b]) => (a < b ? -1 : 1))
    .map(([key, member]) => `${JSON.stringify(key)}:${canonicalJson(member)}`)
  return `{${members.join(',')}}`
}

export function sha256(text: string): string {
  return createHash('sha256').update(text).digest('hex')
}

/** The id of a case that has none: it stays while the case asks the same. */
export function defaultCaseId(input: { readonly vars: unknown; readonly turns: unknown }): string {
  return `h-${sha256(canonicalJson(input)).slice(0, 10)}`
}

export const caseIdPattern = /^[a-z0-9._-]{1,80}$/
