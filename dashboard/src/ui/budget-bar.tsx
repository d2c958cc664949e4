/** How much of a cap is spent, how much more is held by calls under way, and where it leads. The numbers stand beside it. */

import type { ReactNode } from 'react'
import './budget-bar.css'

interface BudgetBarProps {
  readonly spent: number
  readonly reserved: number
  readonly cap: number
  /** Shares of the cap from which it is worth a look. */
  readonly warnAt: number
  /** What will be spent at the period's end, at the pace so far. */
  readonly pace?: number | undefined
}

export function BudgetBar({ spent, reserved, cap, warnAt, pace }: BudgetBarProps): ReactNode {
  const share = (of: number) => (cap === 0 ? 1 : Math.min(1, of / cap))
  const used = share(spent)
  const held = Math.min(1 - used, share(reserved))
  const tone = used >= 1 ? 'bad' : used >= warnAt ? 'warn' : 'ok'
  return (
    <span className="budget-bar" data-tone={tone} aria-hidden="true">
      <span className="budget-bar-spent" style={{ width: `${used * 100}%` }} />
      <span className="budget-bar-held" style={{ width: `${held * 100}%` }} />
      {pace !== undefined && (
        <span className="budget-bar-pace" data-over={pace > cap} style={{ left: `${share(pace) * 100}%` }} />
      )}
    </span>
  )
}
