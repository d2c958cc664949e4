/** Makes a budget, or changes one. */

import { NativeSelect, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask, type Given } from '../api/client.ts'
import { formatUsd } from '../format/number.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { type Budget, rowsOf } from './budget-rows.ts'

type BudgetBody = NonNullable<Given<'POST /budgets'>['body']>

const scopes = [
  'organisation',
  'team',
  'key',
  'user',
  'session',
  'tag',
  'model',
  'provider',
  'route',
] as const
const periods = ['hour', 'day', 'week', 'month', 'quarter', 'year', 'total'] as const

interface BudgetFormProps {
  /** Absent: a new one. */
  readonly budget?: Budget
  onClose(): void
}

export function BudgetForm({ budget, onClose }: BudgetFormProps): ReactNode {
  const [draft, setDraft] = useState<BudgetBody>(() => draftOf(budget))
  const set = (change: Partial<BudgetBody>) => setDraft({ ...draft, ...change })
  const { isPending, error, mutate } = useChange({
    change: () =>
      budget
        ? ask('PUT /budgets/{id}', { params: { id: budget.id }, body: bodyOf(draft) })
        : ask('POST /budgets', { body: bodyOf(draft) }),
    stale: ['budgets'],
    onDone: onClose,
  })
  const warning = budget && warningOf(budget, draft)
  return (
    <FormDialog
      title={budget ? 'Edit budget' : 'Create budget'}
      verb={budget ? 'Save' : 'Create budget'}
      isPending={isPending}
      error={error}
      onSubmit={mutate}
      onClose={onClose}
    >
      <Choice label="Of" data={scopes} value={draft.scope} onChange={(scope) => set({ scope })} />
      {draft.scope !== 'organisation' && (
        <TextInput
          label="Which"
          description={`A name or an id; with *, all that match share one. Empty: each ${draft.scope} has its own.`}
          value={draft.subject ?? ''}
          onChange={(event) => set({ subject: event.currentTarget.value })}
        />
      )}
      <TextInput
        label="Cap, USD"
        required
        inputMode="decimal"
        data-autofocus
        value={draft.usd}
        onChange={(event) => set({ usd: event.currentTarget.value })}
      />
      <Choice label="Period" data={periods} value={draft.period} onChange={(period) => set({ period })} />
      <Choice
        label="Counted"
        data={['calendar', 'rolling']}
        value={draft.window ?? 'calendar'}
        onChange={(window) => set({ window })}
      />
      <Choice
        label="Cap"
        description="A hard cap refuses calls that could cross it; a soft one only tells."
        data={['hard', 'soft']}
        value={draft.cap ?? 'soft'}
        onChange={(cap) => set({ cap })}
      />
      {draft.cap !== 'hard' && (
        <TextInput
          label="Route to take while it is used up"
          description="Empty: nothing changes."
          value={draft.fallback ?? ''}
          onChange={(event) => set({ fallback: event.currentTarget.value })}
        />
      )}
      {warning !== undefined && <p role="status">{warning}</p>}
    </FormDialog>
  )
}

interface ChoiceProps<Value extends string> {
  readonly label: string
  readonly description?: string
  readonly data: readonly Value[]
  readonly value: Value
  onChange(value: Value): void
}

function Choice<Value extends string>({ data, onChange, ...rest }: ChoiceProps<Value>): ReactNode {
  return (
    <NativeSelect
      {...rest}
      data={[...data]}
      onChange={(event) => onChange(event.currentTarget.value as Value)}
    />
  )
}

function draftOf(budget: Budget | undefined): BudgetBody {
  if (!budget) return { scope: 'team', usd: '', period: 'month', cap: 'hard' }
  const { scope, subject, usd, period, window, cap, alert_at: alertAt, fallback } = budget
  return {
    scope,
    usd,
    period,
    window,
    cap,
    alert_at: alertAt,
    ...(subject !== undefined && { subject }),
    ...(fallback !== undefined && { fallback }),
  }
}

/** What is empty, and what the chosen cap does not have, is left out. */
function bodyOf({ subject = '', fallback = '', ...rest }: BudgetBody): BudgetBody {
  return {
    ...rest,
    ...(subject.trim() !== '' && rest.scope !== 'organisation' && { subject: subject.trim() }),
    ...(fallback.trim() !== '' && rest.cap !== 'hard' && { fallback: fallback.trim() }),
  }
}

function warningOf(budget: Budget, { usd, cap }: BudgetBody): string | undefined {
  const spent = Math.max(...rowsOf([budget]).map(({ spentUsd }) => spentUsd))
  if (cap !== 'hard' || !(Number(usd) < spent)) return undefined
  return `${formatUsd(spent)} is spent already: new calls are refused at once.`
}
