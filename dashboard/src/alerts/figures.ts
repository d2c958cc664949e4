/** What was measured of an alert, and the limit that it went over, in words. Pure. */

import type { Item } from '../api/client.ts'
import { formatShare, formatUsd } from '../format/number.ts'

type Alert = Item<'GET /alerts'>

interface AlertFigures {
  readonly value: string
  readonly limit: string
}

export function figuresOf({ kind, detail }: Pick<Alert, 'kind' | 'detail'>): AlertFigures {
  const number = (name: string) => (detail[name] === undefined ? undefined : Number(detail[name]))
  const told = (name: string, write: (value: number) => string): string => {
    const value = number(name)
    return value === undefined || Number.isNaN(value) ? '-' : write(value)
  }
  const days = (count: number) => `${count} days`
  switch (kind) {
    case 'budget':
      return { value: told('spent_usd', formatUsd), limit: told('cap_usd', formatUsd) }
    case 'spend-anomaly':
      return { value: told('spent_usd', formatUsd), limit: `usual: ${told('usual_usd', formatUsd)}` }
    case 'provider-failures':
      return { value: told('share', formatShare), limit: '-' }
    case 'key-age':
    case 'credential-age':
      return { value: told('days', days), limit: told('limit_days', days) }
    case 'disk':
      return { value: told('used_share', formatShare), limit: '-' }
    default:
      return { value: '-', limit: '-' }
  }
}
