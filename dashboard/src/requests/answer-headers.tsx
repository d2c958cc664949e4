/** What the headers of the answer told its client, as far as the record knows. */

import type { ReactNode } from 'react'
import type { RequestDetail } from '../api/request-detail.ts'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'

interface Header {
  readonly name: string
  readonly value: string
}

const columns: readonly Column<Header>[] = [
  { title: 'Header', cell: ({ name }) => <code>{name}</code> },
  { title: 'Value', cell: ({ value }) => <UntrustedText text={value} /> },
]

export function AnswerHeaders({ request }: { readonly request: RequestDetail }): ReactNode {
  return (
    <>
      <DataTable
        caption="Headers of the answer"
        columns={columns}
        things={headersOf(request)}
        idOf={({ name }) => name}
      />
      <p className="dim">
        Told from the record of the request. Limits and what a budget had left then are not kept, and no
        header of the client is.
      </p>
    </>
  )
}

/** As the gateway writes them. */
function headersOf(request: RequestDetail): Header[] {
  const { id, provider, model, attempts, cache, experiment, dropped, contract, cost_usd: usd } = request
  const isAnswered = provider !== undefined
  const upstream = attempts.at(-1)?.upstream_request_id
  const found: readonly (readonly [name: string, value: string | undefined])[] = [
    ['x-weir-request-id', id],
    ['x-weir-provider', provider],
    ['x-weir-model', model],
    ['x-weir-attempts', isAnswered ? String(attempts.length) : undefined],
    ['x-weir-cache', cache?.outcome],
    ['x-weir-experiment', experiment && `${experiment.name}=${experiment.arm}`],
    ['x-weir-dropped', dropped.length > 0 ? dropped.join(', ') : undefined],
    ['x-weir-contract', contract],
    ['x-weir-cost-usd', request.stream || attempts.length === 0 ? undefined : usd],
    ["the provider's request id", upstream],
  ]
  return found.flatMap(([name, value]) => (value === undefined ? [] : [{ name, value }]))
}
