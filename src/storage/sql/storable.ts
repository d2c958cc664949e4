/** What PostgreSQL stores of a text that callers have written. */

/** No text there holds U+0000 or half of a surrogate pair, and JSON may name both. */
export function storable<Value>(value: Value): Value {
  if (typeof value !== 'string') return value
  return value.replaceAll('\0', '\ufffd').toWellFormed() as Value
}
