/** What a guardrail did, in icon, word and colour. */

import type { ReactNode } from 'react'
import type { Item } from '../api/client.ts'
import { Status } from './status.tsx'

type Decision = Item<'GET /guardrails/decisions'>

const tones = { block: 'bad', redact: 'info', flag: 'warn', allow: 'none' } as const

export function GuardAction({ action }: { readonly action: Decision['action'] }): ReactNode {
  return <Status tone={tones[action]}>{action}</Status>
}

/** `2 email, 1 phone`. A text is too long once. */
export function guardFound(found: Decision['found']): string {
  return Object.entries(found)
    .map(([kind, count]) => (kind === 'characters' ? 'too long' : `${count} ${kind}`))
    .join(', ')
}
