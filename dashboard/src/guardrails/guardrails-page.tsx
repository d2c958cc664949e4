/** The guardrails: what is looked for, and what have they decided? */

import { SegmentedControl } from '@mantine/core'
import { useInfiniteQuery, useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask, type Item } from '../api/client.ts'
import { guardActions } from '../api/guard-actions.ts'
import { formatCount } from '../format/number.ts'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { PagedPanel } from '../ui/paged-panel.tsx'
import { GuardAction, guardFound } from '../ui/guard-action.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'

type Rule = Item<'GET /guardrails'>
type Decision = Item<'GET /guardrails/decisions'>

const route = getRouteApi('/guardrails')

const ruleColumns: readonly Column<Rule>[] = [
  {
    title: 'Rule',
    text: ({ name }) => name,
    cell: ({ name }) => (
      <Link to="/guardrails" search={(search) => ({ ...search, rule: name })}>
        <UntrustedText text={name} />
      </Link>
    ),
  },
  {
    title: 'Looks',
    narrow: 'line',
    text: ({ looks }) => looks,
    cell: ({ looks }) => <UntrustedText text={looks} />,
  },
  { title: 'At', narrow: 'fact', cell: ({ on }) => on.map((stage) => stageNames[stage]).join(', ') },
  {
    title: 'Does',
    narrow: 'main',
    text: ({ action }) => action,
    cell: ({ action }) => <GuardAction action={action} />,
  },
  {
    title: 'In force for',
    narrow: 'fact',
    text: ({ routes }) => routes.join(' '),
    cell: ({ routes }) => (routes.length === 0 ? 'nothing' : <UntrustedText text={routes.join(', ')} />),
  },
  {
    title: 'Decided, 7 days',
    narrow: 'fact',
    cell: ({ decided }) =>
      decided.length === 0
        ? '-'
        : decided.map(({ action, requests }) => `${action} ${formatCount(requests)}`).join(', '),
  },
]

const choiceNames = { all: 'All', block: 'Block', redact: 'Redact', flag: 'Flag', allow: 'Allow' } as const

const choices = (['all', ...guardActions] as const).map((value) => ({ value, label: choiceNames[value] }))

const stageNames = { input: 'the prompt', output: 'the answer' } as const

const decisionColumns: readonly Column<Decision>[] = [
  {
    title: 'When',
    text: ({ at }) => at,
    cell: ({ at, request_id: id }) => (
      <Link to="/requests/$id" params={{ id }}>
        <When at={at} />
      </Link>
    ),
  },
  {
    title: 'Rule',
    narrow: 'line',
    text: ({ rule }) => rule,
    cell: ({ rule }) => <UntrustedText text={rule} />,
  },
  { title: 'At', narrow: 'fact', cell: ({ stage }) => stageNames[stage] },
  {
    title: 'Did',
    narrow: 'main',
    text: ({ action }) => action,
    cell: ({ action }) => <GuardAction action={action} />,
  },
  {
    title: 'Found',
    narrow: 'fact',
    text: ({ found }) => guardFound(found),
    cell: ({ found }) => <UntrustedText text={guardFound(found)} />,
  },
  {
    title: 'Route',
    narrow: 'fact',
    text: ({ route: name = '' }) => name,
    cell: ({ route: name }) => (name === undefined ? '-' : <UntrustedText text={name} />),
  },
]

export function GuardrailsPage(): ReactNode {
  const { rule, action } = route.useSearch()
  const navigate = route.useNavigate()
  const rules = useQuery({
    queryKey: ['guardrails'],
    queryFn: ({ signal }) => ask('GET /guardrails', { signal }),
    refetchInterval: 15_000,
  })
  const pages = useInfiniteQuery({
    queryKey: ['guardrails', 'decisions', rule, action],
    queryFn: ({ pageParam, signal }) =>
      ask('GET /guardrails/decisions', { query: { rule, action, limit: 100, cursor: pageParam }, signal }),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: (page) => page.next_cursor,
    refetchInterval: 15_000,
  })
  return (
    <Page title="Guardrails" name="Guardrails">
      <TablePanel
        title="Rules"
        query={rules}
        what="the rules"
        columns={ruleColumns}
        idOf={({ name }) => name}
        fileName="guardrails"
        empty={
          <Empty title="No rules.">
            <span>
              They are set under <code>guardrails</code> in <code>weir.yaml</code>.
            </span>
          </Empty>
        }
      />
      <PagedPanel
        title={rule === undefined ? 'Decisions' : `Decisions of ${rule}`}
        pages={pages}
        what="the decisions"
        columns={decisionColumns}
        idOf={({ request_id: id, rule: name, stage }) => `${id} ${stage} ${name}`}
        fileName="guardrail-decisions"
        aside={
          <>
            {rule !== undefined && (
              <Link to="/guardrails" search={{ ...(action && { action }) }}>
                All rules
              </Link>
            )}
            <SegmentedControl
              size="xs"
              aria-label="What was done"
              value={action ?? 'all'}
              onChange={(next) =>
                void navigate({
                  search: {
                    ...(rule !== undefined && { rule }),
                    ...(next !== 'all' && { action: next as Decision['action'] }),
                  },
                })
              }
              data={choices}
            />
          </>
        }
        empty={
          <Empty
            title={rule === undefined && action === undefined ? 'Nothing was found yet.' : 'Nothing matches.'}
          >
            Kinds and numbers are kept, never what was found.
          </Empty>
        }
      />
    </Page>
  )
}
