/** Objects as lines of comma-separated values (RFC 4180) that no spreadsheet takes for formulas. */

import { asArray, asString, type Json, type JsonObject } from './json.ts'

/** Without the line's end. A list is one field with spaces between its texts; what is not there is empty. */
export function csvLine(names: readonly string[], row: JsonObject): string {
  return names.map((name) => toField(row[name])).join(',')
}

function toField(value: Json | undefined): string {
  if (value === undefined || value === null) return ''
  const list = Array.isArray(value) ? asArray(value).map((item) => asString(item) ?? '') : undefined
  const text = list?.join(' ') ?? asString(value) ?? JSON.stringify(value)
  // Users, sessions and tags are a caller's words: a spreadsheet must not take one for a formula.
  const isNumber = /^-?\d+(?:\.\d+)?$/.test(text)
  const safe = !isNumber && /^[=+\-@\t\r]/.test(text) ? `'${text}` : text
  return /[",\r\n]/.test(safe) ? `"${safe.replaceAll('"', '""')}"` : safe
}
