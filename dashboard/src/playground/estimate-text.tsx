/** Says what a run may cost before it is one. */

import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { modelsQuery } from '../api/shared-queries.ts'
import { formatUsd } from '../format/number.ts'
import { estimateOf, sumOf } from './estimate.ts'
import type { Draft } from './recorded-draft.ts'

interface EstimateTextProps {
  readonly targets: readonly string[]
  readonly draft: Draft
}

export function EstimateText({ targets, draft }: EstimateTextProps): ReactNode {
  const models = useQuery(modelsQuery)
  const named = targets.map((name) => name.trim()).filter((name) => name !== '')
  const { system, user, maxTokens } = draft
  if (user.trim() === '' || named.length === 0 || !models.data) return null
  const sum = sumOf(
    named.map((name) =>
      estimateOf(
        models.data.data.find(({ id }) => id === name)?.pricing,
        system.length + user.length,
        typeof maxTokens === 'number' ? maxTokens : undefined,
      ),
    ),
  )
  return <p className="dim">{textOf(sum)}</p>
}

function textOf(sum: ReturnType<typeof sumOf>): string {
  if (!sum) return 'A run costs what the ledger says then: a target has no price of its own.'
  const { inputUsd, mostUsd } = sum
  return mostUsd === undefined
    ? `A run costs est. ${formatUsd(inputUsd)} and the answers.`
    : `A run costs est. ${formatUsd(inputUsd)} to ${formatUsd(mostUsd)}.`
}
