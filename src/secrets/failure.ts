/** Why a secret could not be read. No text of it holds a value, nor what the service answered. */

/**
 * `unavailable`: the service does not work now, and what it said last may be used. `denied`, `absent`: it works,
 * and this is its answer.
 */
export type FailureKind = 'unavailable' | 'denied' | 'absent'

export class SecretFailure extends Error {
  override readonly name = 'SecretFailure'
  readonly kind: FailureKind
  readonly mend: string

  constructor(kind: FailureKind, message: string, mend: string, cause?: unknown) {
    super(message, { cause })
    this.kind = kind
    this.mend = mend
  }
}

/** Any failure of a source as one of the three; what is not known is a service that does not work. */
export function toFailure(cause: unknown, service: string): SecretFailure {
  if (cause instanceof SecretFailure) return cause
  const reason = cause instanceof Error && 'code' in cause ? ` (${String(cause.code)})` : ''
  const mend = 'Check its address, the network path and, for a private address, `allowPrivateNetwork`.'
  return new SecretFailure('unavailable', `${service} cannot be reached${reason}`, mend, cause)
}

/** It answered that all is well, with what its API never says: somebody else may have answered, such as a proxy. */
export function malformed(service: string, act: string): SecretFailure {
  const mend = 'Look for a proxy or a page to sign in at on the way.'
  return new SecretFailure('unavailable', `${service} gave an answer that cannot be read when ${act}`, mend)
}
