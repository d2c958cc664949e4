/** What the cases of a suite ask, as a report shows it. */

import type { Case, Step } from '../../judgement/suite/suite.ts'

/** By the id of the case. */
export type Asked = ReadonlyMap<string, string>

const maxLength = 2_000

export function askedOf(cases: readonly Pick<Case, 'id' | 'steps'>[]): Asked {
  return new Map(cases.map(({ id, steps }) => [id, textOf(steps)]))
}

/** Of a conversation every message with its role; of a long one, its beginning and its end. */
function textOf(steps: readonly Step[]): string {
  const messages = steps.flatMap((step) => (step.role === 'call' ? [] : [step]))
  const users = messages.filter(({ role }) => role === 'user')
  const isPlain = users.length === 1 && messages.every(({ role }) => role === 'user' || role === 'system')
  const text = isPlain
    ? users[0]!.text
    : messages.map(({ role, text: said }) => `${role}: ${said}`).join('\n\n')
  if (text.length <= maxLength) return text
  const half = maxLength / 2
  return `${text.slice(0, half)}\n[... ${text.length - maxLength} characters ...]\n${text.slice(-half)}`
}
