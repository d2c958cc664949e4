/** The cases of a run: how pairs of answers came out, and every case with its outcomes, filtered by the address. */

import { SegmentedControl } from '@mantine/core'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useMemo } from 'react'
import { formatCount } from '../format/number.ts'
import { Empty } from '../ui/empty.tsx'
import { CaseMatrix } from './case-matrix.tsx'
import { FlipTable } from './flip-table.tsx'
import { type CaseFilter, caseFilters } from './case-filter.ts'
import { countOf, flipsOf, inOrder } from './outcomes.ts'
import type { Cases, RunDetail } from './queries.ts'
import { pairingOf, type Report } from './report.ts'
import './evals.css'

const route = getRouteApi('/evals/$id')

interface CasesPanelProps {
  readonly run: RunDetail
  readonly cases: Cases
  readonly report: Report | undefined
}

const words: Readonly<Record<CaseFilter, string>> = {
  flips: 'Flips',
  worse: 'Worse',
  better: 'Better',
  failed: 'Failed',
  faults: 'Faults',
}

export function CasesPanel({ run, cases: { arms, data }, report }: CasesPanelProps): ReactNode {
  const { show } = route.useSearch()
  const navigate = route.useNavigate()
  const pairing = useMemo(() => pairingOf(arms, report), [arms, report])
  const shown = useMemo(() => inOrder(data, pairing, show), [data, pairing, show])
  const flips = useMemo(() => flipsOf(data, pairing), [data, pairing])
  const offered = caseFilters.filter(
    (filter) => pairing.baseline !== undefined || filter === 'failed' || filter === 'faults',
  )
  if (data.length === 0) return <Empty title="No case was asked yet." />
  return (
    <>
      {flips && (
        <FlipTable
          flips={flips}
          candidate={arms[pairing.candidate] ?? ''}
          baseline={arms[pairing.baseline ?? 0] ?? ''}
          p={report?.comparisons[0]?.flips?.p}
        />
      )}
      <div className="case-filter">
        <SegmentedControl
          size="xs"
          aria-label="Cases shown"
          value={show ?? 'all'}
          onChange={(value) =>
            void navigate({
              search: value === 'all' ? {} : { show: value as CaseFilter },
              replace: true,
              resetScroll: false,
            })
          }
          data={[
            { value: 'all', label: `All ${formatCount(data.length)}` },
            ...offered.map((filter) => ({
              value: filter,
              label: `${words[filter]} ${formatCount(countOf(data, pairing, filter))}`,
            })),
          ]}
        />
      </div>
      {shown.length === 0 ? (
        <Empty title="No case is like that." />
      ) : (
        <CaseMatrix
          run={run.id}
          arms={arms}
          baseline={pairing.baseline === undefined ? undefined : arms[pairing.baseline]}
          cases={shown}
          show={show}
        />
      )}
    </>
  )
}
