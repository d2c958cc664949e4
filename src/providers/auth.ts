/** Puts a provider's credential on a request. */

import type { Secret } from '../core/secret.ts'
import type { AuthScheme } from './table.ts'

/** The header that carries the credential, as name and value. No credential (a local server): no header. */
export function authHeaders(scheme: AuthScheme, credential: Secret | undefined): Record<string, string> {
  if (credential === undefined) return {}
  switch (scheme.kind) {
    case 'bearer':
      return { authorization: `Bearer ${credential.reveal()}` }
    case 'header':
      return { [scheme.name]: credential.reveal() }
  }
}
