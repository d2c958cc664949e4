/** The setting `shared`: what several instances share beside the database, and where. */

import { z } from 'zod'
import { Secret } from '../core/secret.ts'
import { looksLikeReference, parseSecretRef, SecretRef } from './secret-ref.ts'

export const sharedMend =
  'Write `memory`, `redis://host:6379`, or, where the URL holds a password, `env:NAME` or `file:/path`.'

/** A URL without a password may stand in the file; one with a password is a secret like any other. */
export const sharedSetting = z.string().transform((value, context): 'memory' | SecretRef => {
  if (value === 'memory') return value
  if (isRedisUrl(value)) {
    return new SecretRef({
      kind: new URL(value).password === '' ? 'open' : 'plain',
      secret: new Secret(value),
    })
  }
  const ref = looksLikeReference(value) ? parseSecretRef(value) : undefined
  if (ref instanceof SecretRef) return ref
  const fault = ref ?? { message: 'not a known place', mend: sharedMend }
  context.addIssue({ code: 'custom', message: fault.message, params: { mend: fault.mend } })
  return z.NEVER
})

export function isRedisUrl(value: string): boolean {
  return URL.canParse(value) && /^rediss?:$/.test(new URL(value).protocol)
}
