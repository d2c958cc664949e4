/** Removes a budget. */

import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { Confirm } from '../ui/confirm.tsx'
import { type Budget, capText } from './budget-rows.ts'

interface RemoveBudgetProps {
  readonly budget: Budget
  onClose(): void
}

export function RemoveBudget({ budget, onClose }: RemoveBudgetProps): ReactNode {
  const queries = useQueryClient()
  const { isPending, error, mutate } = useMutation({
    async mutationFn() {
      await ask('DELETE /budgets/{id}', { params: { id: budget.id } })
    },
    async onSuccess() {
      await queries.invalidateQueries({ queryKey: ['budgets'] })
      onClose()
    },
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
