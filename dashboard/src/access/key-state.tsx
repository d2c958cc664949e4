/** The state of a key and its limits, in words. */

import type { ReactNode } from 'react'
import type { ApiKey } from '../api/owners.ts'
import { formatCount, formatUsd } from '../format/number.ts'
import { Status } from '../ui/status.tsx'

const tones = { active: 'ok', expired: 'warn', revoked: 'none' } as const

export function KeyState({ shown: { status } }: { readonly shown: ApiKey }): ReactNode {
  return <Status tone={tones[status]}>{status}</Status>
}

export function limitsText({ limits, max_usd_per_request: maxUsd }: ApiKey): string {
  const parts = [
    limits?.rpm === undefined ? undefined : `${formatCount(limits.rpm)} requests/min`,
    limits?.tpm === undefined ? undefined : `${formatCount(limits.tpm)} tokens/min`,
    limits?.concurrency === undefined ? undefined : `${limits.concurrency} at once`,
    maxUsd === undefined ? undefined : `${formatUsd(Number(maxUsd))} a request`,
  ].filter((part) => part !== undefined)
  return parts.length === 0 ? 'none' : parts.join(', ')
}
