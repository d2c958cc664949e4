/** The part of a secret that a reference means: a member of a record, or all of it. */

import type { Complaint, RemoteRef } from '../config/secret-ref.ts'
import { asObject, asString, parseJson } from '../core/json.ts'
import { Secret } from '../core/secret.ts'

export function pickField(content: Secret, { field }: RemoteRef): Secret | Complaint {
  if (field === undefined) return trimmed(content.reveal(), 'the secret is empty')
  const record = asObject(parseJson(content.reveal()))
  const mend = 'Check what stands behind `#` against the fields that the secret has.'
  if (!record) return { message: 'the secret is no record with fields', mend }
  const value = Object.hasOwn(record, field) ? record[field] : undefined
  const text = typeof value === 'number' ? String(value) : asString(value)
  return text === undefined
    ? { message: 'the secret has no such field', mend }
    : trimmed(text, 'the field is empty')
}

function trimmed(text: string, message: string): Secret | Complaint {
  const value = text.trim()
  return value === '' ? { message, mend: 'Store a value there.' } : new Secret(value)
}
