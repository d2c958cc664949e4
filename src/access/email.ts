/** When two e-mail addresses are one. */

/** Addresses differ by case for almost no mail server, and for no person. */
export function normalEmail(email: string): string {
  return email.trim().normalize('NFKC').toLowerCase()
}
