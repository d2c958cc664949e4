/** What a request asks, in the user's last words. */

import type { GenRequest } from '../core/request.ts'

export function lastUserText({ turns }: GenRequest): string {
  const last = turns.findLast(({ role }) => role === 'user')
  return last?.parts.map((part) => (part.type === 'text' ? part.text : '')).join('') ?? ''
}
