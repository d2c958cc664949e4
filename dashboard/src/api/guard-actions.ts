/** What a guardrail can do about what it finds. */

import type { Item } from './client.ts'

export type GuardAction = Item<'GET /guardrails/decisions'>['action']

export const guardActions = ['block', 'redact', 'flag', 'allow'] as const satisfies readonly GuardAction[]
