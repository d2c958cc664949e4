/** One case of a run: what was asked, what each arm answered, and why that passed or failed. */

import { SegmentedControl } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import { type ReactNode, useMemo } from 'react'
import { DetailPage } from '../ui/detail-page.tsx'
import { Panel } from '../ui/panel.tsx'
import { Steps } from '../ui/steps.tsx'
import { UntrustedBlock } from '../ui/untrusted-text.tsx'
import { AnswerPair } from './answer-pair.tsx'
import type { CaseFilter } from './case-filter.ts'
import { inOrder } from './outcomes.ts'
import { caseQuery, casesQuery, runQuery } from './queries.ts'
import { pairingOf, reportOf, type Row } from './report.ts'
import './evals.css'

const route = getRouteApi('/evals/$id/$case')

export function CasePage(): ReactNode {
  const { id, case: name } = route.useParams()
  const run = useQuery(runQuery(id))
  const found = useQuery(caseQuery(id, name))
  return (
    <DetailPage
      above={[
        { label: 'Evaluations', link: { to: '/evals' } },
        { label: run.data?.name ?? id, link: { to: '/evals/$id', params: { id }, search: useShown() } },
      ]}
      kind="Case"
      name={name}
      query={found}
      unknown="Its answers may be older than evals.retentionDays."
      action={<CaseSteps />}
    >
      {({ asked, data }) => (
        <>
          {asked !== undefined && (
            <Panel title="Asked">
              <UntrustedBlock text={asked} />
            </Panel>
          )}
          <Answers rows={data as unknown as readonly Row[]} />
        </>
      )}
    </DetailPage>
  )
}

/** What goes along from case to case. */
function useShown(): { readonly show?: CaseFilter } {
  const { show } = route.useSearch()
  return show === undefined ? {} : { show }
}

/** The way to the cases beside this one, of those that the run's page showed. */
function CaseSteps(): ReactNode {
  const { id, case: name } = route.useParams()
  const search = useShown()
  const navigate = route.useNavigate()
  const { data: run } = useQuery(runQuery(id))
  const { data: cases } = useQuery(casesQuery(id, run))
  const report = run && reportOf(run)
  const ids = useMemo(
    () => (cases ? inOrder(cases.data, pairingOf(cases.arms, report), search.show).map((one) => one.id) : []),
    [cases, report, search.show],
  )
  const at = ids.indexOf(name)
  const [before, after] = at < 0 ? [undefined, undefined] : [ids[at - 1], ids[at + 1]]
  const way = (to: string | undefined) =>
    to === undefined
      ? undefined
      : () => void navigate({ to: '/evals/$id/$case', params: { id, case: to }, search })
  return (
    <div className="row">
      {at >= 0 && (
        <span className="dim">
          {at + 1} of {ids.length}
        </span>
      )}
      <Steps of="case" back={way(before)} on={way(after)} />
    </div>
  )
}

function Answers({ rows }: { readonly rows: readonly Row[] }): ReactNode {
  const { id } = route.useParams()
  const { repeat: picked = 1 } = route.useSearch()
  const navigate = route.useNavigate()
  const { data: run } = useQuery(runQuery(id))
  const report = run && reportOf(run)
  const repeats = [...new Set(rows.map(({ repeat }) => repeat))].toSorted((a, b) => a - b)
  const repeat = repeats.includes(picked - 1) ? picked - 1 : (repeats[0] ?? 0)
  const baseline = report?.arms.find(({ isBaseline }) => isBaseline)?.label
  const shown = rows.filter((row) => row.repeat === repeat)
  return (
    <Panel
      title="Answers"
      aside={
        repeats.length > 1 && (
          <SegmentedControl
            size="xs"
            aria-label="Repeat"
            value={String(repeat)}
            onChange={(value) =>
              void navigate({
                search: (before) => ({ ...before, repeat: Number(value) + 1 }),
                replace: true,
                resetScroll: false,
              })
            }
            data={repeats.map((one) => ({ value: String(one), label: `Repeat ${one + 1}` }))}
          />
        )
      }
    >
      <AnswerPair rows={shown} baseline={baseline} />
    </Panel>
  )
}
