/** When something was last used, by sums that know the hour of today and the day of what was before. Pure. */

const hourMs = 3_600_000
const dayMs = 24 * hourMs

/** `at` is where that hour, or day (UTC), begins. */
export function lastUsedText(at: string, nowMs: number): string {
  const atMs = Date.parse(at)
  const days = Math.floor(nowMs / dayMs) - Math.floor(atMs / dayMs)
  if (days === 1) return 'yesterday'
  if (days > 1) return `${days} days ago`
  const hours = Math.floor(nowMs / hourMs) - Math.floor(atMs / hourMs)
  if (hours <= 0) return 'this hour'
  return hours === 1 ? 'in the last 2 h' : `${hours} h ago`
}
