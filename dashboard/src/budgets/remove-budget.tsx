/** Removes a budget. */

import type { ReactNode } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { Confirm } from '../ui/confirm.tsx'
import { type Budget, capText } from './budget-rows.ts'

interface RemoveBudgetProps {
  readonly budget: Budget
  onClose(): void
}

export function RemoveBudget({ budget, onClose }: RemoveBudgetProps): ReactNode {
  const { isPending, error, mutate } = useChange({
    async change() {
      await ask('DELETE /budgets/{id}', { params: { id: budget.id } })
    },
    stale: ['budgets'],
    onDone: onClose,
  })
  return (
    <Confirm
      title="Remove budget"
      effect={`${capText(budget)} of ${budget.subject ?? `each ${budget.scope}`} is no longer bounded.`}
      verb="Remove"
      isPending={isPending}
      error={error}
      onConfirm={mutate}
      onClose={onClose}
    />
  )
}
