/** What guardrails found in the request and its answer, and did about it. */

import type { ReactNode } from 'react'
import type { RequestDetail } from '../api/request-detail.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { GuardAction, guardFound } from '../ui/guard-action.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'

type Made = NonNullable<RequestDetail['guardrails']>[number]

const columns: readonly Column<Made>[] = [
  { title: 'Rule', cell: ({ rule }) => <UntrustedText text={rule} /> },
  { title: 'At', cell: ({ stage }) => (stage === 'input' ? 'the prompt' : 'the answer') },
  { title: 'Did', cell: ({ action }) => <GuardAction action={action} /> },
  { title: 'Found', cell: ({ found }) => <UntrustedText text={guardFound(found)} /> },
]

export function GuardDecisions({ made }: { readonly made: readonly Made[] }): ReactNode {
  return (
    <DataTable
      caption="Decisions of guardrails"
      columns={columns}
      things={made}
      idOf={({ rule, stage }) => `${stage} ${rule}`}
    />
  )
}
