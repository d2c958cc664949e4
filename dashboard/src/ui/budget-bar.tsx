/** How much of a cap is spent, and how much more is held by calls under way. The numbers stand beside it. */

import type { ReactNode } from 'react'
import './budget-bar.css'

interface BudgetBarProps {
  readonly spent: number
  readonly reserved: number
  readonly cap: number
  /** Shares of the cap from which it is worth a look. */
  readonly warnAt: number
}

export function BudgetBar({ spent, reserved, cap, warnAt }: BudgetBarProps): ReactNode {
  const share = (of: number) => (cap === 0 ? 1 : Math.min(1, of / cap))
  const used = share(spent)
  const held = Math.min(1 - used, share(reserved))
  const tone = used >= 1 ? 'bad' : used >= warnAt ? 'warn' : 'ok'
  return (
    <span className="budget-bar" data-tone={tone} aria-hidden="true">
      <span style={{ width: `${used * 100}%` }} />
      <span style={{ width: `${held * 100}%` }} />
    </span>
  )
}
