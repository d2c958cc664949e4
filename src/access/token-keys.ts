/** What stands for the id of a key where a caller comes with a token of an issuer. */

/** The subject is who the issuer says that it is. */
export function tokenKeyId(issuer: string, subject: string): string {
  return `jwt:${issuer}:${subject}`
}

/**
 * The key ids under which a user comes with tokens of the issuer of this name: by the subjects that are known to be
 * theirs, and by their own name, with or without the issuer's before it.
 */
export function tokenKeyIds(issuer: string, user: string, subjects: readonly string[]): readonly string[] {
  const prefix = `${issuer}:`
  const named = user.startsWith(prefix) ? [user.slice(prefix.length)] : []
  return [...new Set([...subjects, ...named, user])].map((subject) => tokenKeyId(issuer, subject))
}
