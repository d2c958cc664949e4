/** How urgent an alert looks. */

import type { Item } from './client.ts'

export const severityTone = { critical: 'bad', warning: 'warn', info: 'info' } as const satisfies Record<
  Item<'GET /alerts'>['severity'],
  string
>
