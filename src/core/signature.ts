/** Carries a provider's reasoning signature through clients of another dialect, and back. */

import type { DialectId, Signature } from './event.ts'

// A foreign signature is wrapped as `weir.<dialect>.<base64url of id>.<value>`; a dialect's own passes as it is.
const prefix = 'weir.'

/** The text that stands in the signature slot of dialect `into`. */
export function sealSignature(signature: Signature, into: DialectId): string {
  if (signature.dialect === into && signature.id === undefined) return signature.value
  return `${prefix}${signature.dialect}.${toBase64Url(signature.id ?? '')}.${signature.value}`
}

/** Reads the signature slot of dialect `from`. Text that Weir did not wrap is that dialect's own. */
export function openSignature(text: string, from: DialectId): Signature {
  const match = text.startsWith(prefix) ? /^weir\.([a-z-]+)\.([\w-]*)\.(.*)$/s.exec(text) : null
  if (match === null) return { dialect: from, value: text }
  const [, dialect = '', id = '', value = ''] = match
  const signature = { dialect: dialect as DialectId, value }
  return id === '' ? signature : { ...signature, id: fromBase64Url(id) }
}

// Several dialects have no slot beside a tool call; its id is the one field every client sends back untouched.
const idSeparator = '__weirsig_'

/** The call id to show to a client whose dialect has no signature slot on tool calls. */
export function sealCallId(callId: string, signature: Signature | undefined): string {
  if (signature === undefined) return callId
  return `${callId}${idSeparator}${toBase64Url(`${signature.dialect}.${signature.value}`)}`
}

/** Splits a call id that came back from a client into the provider's id and the signature it carried. */
export function openCallId(text: string): { callId: string; signature?: Signature } {
  const at = text.indexOf(idSeparator)
  if (at < 0) return { callId: text }
  const sealed = fromBase64Url(text.slice(at + idSeparator.length))
  const dot = sealed.indexOf('.')
  if (dot < 0) return { callId: text }
  return {
    callId: text.slice(0, at),
    signature: { dialect: sealed.slice(0, dot) as DialectId, value: sealed.slice(dot + 1) },
  }
}

function toBase64Url(text: string): string {
  return Buffer.from(text, 'utf8').toString('base64url')
}

function fromBase64Url(text: string): string {
  return Buffer.from(text, 'base64url').toString('utf8')
}
