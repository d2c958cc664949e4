/** The setting `store`: which database, and how to reach it. */

import { z } from 'zod'
import { Secret } from '../core/secret.ts'
import { looksLikeReference, parseSecretRef, SecretRef } from './secret-ref.ts'

export const storeMend =
  'Write `sqlite`, `postgres://user@host/name`, or, where the URL holds a password, `env:NAME` or `file:/path`.'

/** A URL without a password may stand in the file; one with a password is a secret like any other. */
export const storeSetting = z.string().transform((value, context): 'sqlite' | SecretRef => {
  if (value === 'sqlite') return value
  if (isPostgresUrl(value)) {
    const kind = holdsPassword(new URL(value)) ? 'plain' : 'open'
    return new SecretRef({ kind, secret: new Secret(value) })
  }
  const ref = looksLikeReference(value) && !value.startsWith('stored:') ? parseSecretRef(value) : undefined
  if (ref instanceof SecretRef) return ref
  const fault = ref ?? { message: 'not a known store', mend: storeMend }
  context.addIssue({ code: 'custom', message: fault.message, params: { mend: fault.mend } })
  return z.NEVER
})

export function isPostgresUrl(value: string): boolean {
  return URL.canParse(value) && /^postgres(ql)?:$/.test(new URL(value).protocol)
}

function holdsPassword({ password, searchParams }: URL): boolean {
  return password !== '' || searchParams.has('password')
}
