/** Makes a budget, or changes one. */

import { NativeSelect, TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask, type Given } from '../api/client.ts'
import { formatUsd } from '../format/number.ts'
import { Confirm } from '../ui/confirm.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { type Budget, periodText } from './budget-rows.ts'
import { spentSoFar } from './spent-so-far.ts'

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
  const [thresholds, setThresholds] = useState(() =>
    (draft.alert_at ?? []).map((share) => Math.round(share * 1_000) / 10).join(', '),
  )
  const { isPending, error, mutate } = useChange({
    change: () =>
      budget
        ? ask('PUT /budgets/{id}', { params: { id: budget.id }, body: bodyOf(draft) })
        : ask('POST /budgets', { body: bodyOf(draft) }),
    stale: ['budgets'],
    onDone: onClose,
  })
  // Set where the cap lies below what is spent: that is asked about first.
  const [spentUsd, setSpentUsd] = useState<number>()
  const check = useChange({
    change: () => (draft.cap === 'hard' ? spentSoFar(bodyOf(draft), Date.now()) : Promise.resolve(0)),
    stale: [],
    onDone: (usd) => (usd > 0 && Number(draft.usd) <= usd ? setSpentUsd(usd) : mutate()),
  })
  if (spentUsd !== undefined) {
    return (
      <Confirm
        title="The cap is spent already"
        effect={`${formatUsd(spentUsd)} of ${formatUsd(Number(draft.usd))} ${periodText({ period: draft.period, window: draft.window ?? 'calendar' })} is spent. New calls are rejected at once.`}
        verb="Set the cap"
        isPending={isPending}
        error={error}
        onConfirm={mutate}
        onClose={() => setSpentUsd(undefined)}
      />
    )
  }
  return (
    <FormDialog
      title={budget ? 'Edit budget' : 'Create budget'}
      verb={budget ? 'Save' : 'Create budget'}
      isPending={isPending || check.isPending}
      error={error ?? check.error}
      onSubmit={check.mutate}
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
      <TextInput
        label="Tell when used, %"
        description="Thresholds with commas between; channels of alerts are told."
        value={thresholds}
        error={readThresholds(thresholds) ? undefined : 'Write numbers from 1 to 1000, such as 80, 100.'}
        onChange={(event) => {
          const text = event.currentTarget.value
          setThresholds(text)
          const read = readThresholds(text)
          if (read) set({ alert_at: read })
        }}
      />
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
  if (!budget) return { scope: 'team', usd: '', period: 'month', cap: 'hard', alert_at: [0.8, 1] }
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

/** Shares of percentages; undefined where the text is no list of them. */
function readThresholds(text: string): number[] | undefined {
  const pieces = text.split(',').map((piece) => piece.trim())
  const shares = pieces.filter((piece) => piece !== '').map((piece) => Number(piece) / 100)
  return shares.every((share) => share > 0 && share <= 10) && shares.length <= 10 ? shares : undefined
}
