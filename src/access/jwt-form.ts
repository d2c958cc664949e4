/** What can be a JSON Web Token at all, told without reading it. */

export const maxJwtLength = 8192

/** Three parts, the first of which is a JSON object in base64url. */
export function looksLikeJwt(credential: string): boolean {
  return credential.startsWith('eyJ') && credential.split('.', 4).length === 3
}
