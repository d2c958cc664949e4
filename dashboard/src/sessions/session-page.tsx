/** One session: what makes its prompts grow, and what does a turn cost? */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { exactly } from '../api/filter-text.ts'
import { formatCount, formatShare, formatUsd, usdFormatter, usdTicks } from '../format/number.ts'
import type { ChartAxis } from '../ui/chart-series.ts'
import type { Column } from '../ui/data-table.tsx'
import { DetailPage } from '../ui/detail-page.tsx'
import { Empty } from '../ui/empty.tsx'
import { Figure } from '../ui/figure.tsx'
import { FigureGrid } from '../ui/figure-grid.tsx'
import { Panel } from '../ui/panel.tsx'
import { SeriesChart } from '../ui/series-chart.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import {
  cacheShareOf,
  growthOf,
  growthText,
  promptParts,
  type Session,
  type Turn,
  turnsOf,
} from './session-rows.ts'

const route = getRouteApi('/sessions/$id')

const partNames = {
  system: 'System',
  history: 'History',
  tools: 'Tools',
  retrieved: 'Context',
  new_turn: 'New turn',
} as const

export function SessionPage(): ReactNode {
  const { id } = route.useParams()
  const session = useQuery({
    queryKey: ['sessions', id],
    queryFn: ({ signal }) => ask('GET /sessions/{id}', { params: { id }, signal }),
    refetchInterval: 10_000,
  })
  return (
    <DetailPage
      above={[{ label: 'Sessions', link: { to: '/sessions' } }]}
      kind="Session"
      name={id}
      query={session}
      unknown="It may be older than what the ledger keeps."
      action={
        <Button
          variant="default"
          renderRoot={(props) => <Link to="/requests" search={{ session: exactly(id) }} {...props} />}
        >
          Open its requests
        </Button>
      }
    >
      {(found) => <Found session={found} />}
    </DetailPage>
  )
}

function Found({ session }: { readonly session: Session }): ReactNode {
  const turns = turnsOf(session)
  const growth = growthOf(turns)
  const cached = cacheShareOf(turns)
  return (
    <>
      <FigureGrid columns="three">
        <Figure label="Turns" value={formatCount(turns.length)} note={`Key ${session.key_name}`} />
        <Figure
          label="Cost"
          value={formatUsd(Number(session.charged_usd))}
          note={turns.length === 0 ? '' : `${formatUsd(Number(session.charged_usd) / turns.length)} a turn`}
        />
        <Figure
          label="Growth per turn"
          value={growthText(growth)}
          note={growth === undefined ? '' : 'tokens'}
        />
        <Figure label="Cache share" value={cached === undefined ? '-' : formatShare(cached)} />
      </FigureGrid>
      <div className="grid">
        <Panel title="Prompt tokens, est. by part" className="eight">
          <PromptGrowth turns={turns} />
        </Panel>
        <Panel title="Cost per turn" className="four">
          <SeriesChart
            kind="bars"
            caption={`Dearest turn: ${formatUsd(Math.max(0, ...turns.map(({ costUsd }) => costUsd)))}.`}
            axis={turnAxis}
            format={formatUsd}
            formatTicks={usdTicks}
            series={[{ name: 'Cost', color: 'var(--series-1)', values: turns.map(({ costUsd }) => costUsd) }]}
          />
        </Panel>
      </div>
      <TablePanel
        title="Turns"
        query={{ data: { data: turns }, error: null, refetch: () => undefined }}
        what="the turns"
        columns={columnsOf(usdFormatter(turns.map(({ costUsd }) => costUsd)))}
        idOf={({ requestId }) => requestId}
        fileName="session"
        empty={<Empty title="No turns." />}
      />
    </>
  )
}

const turnAxis: ChartAxis = {
  title: 'Turn',
  tick: (index) => String(index + 1),
  full: (index) => `Turn ${index + 1}`,
}

function PromptGrowth({ turns }: { readonly turns: readonly Turn[] }): ReactNode {
  const known = turns.some(({ parts }) => parts !== undefined)
  const last = turns.at(-1)
  return (
    <SeriesChart
      kind="bars"
      caption={`The last prompt has ${formatCount(last?.inputTokens ?? 0)} tokens.`}
      axis={turnAxis}
      format={formatCount}
      series={
        known
          ? promptParts.map((part, index) => ({
              name: partNames[part],
              color: `var(--series-${index + 1})`,
              values: turns.map(({ parts }) => parts?.[part]),
            }))
          : [
              {
                name: 'Prompt',
                color: 'var(--series-1)',
                values: turns.map(({ inputTokens }) => inputTokens),
              },
            ]
      }
    />
  )
}

/** `cost` writes all of them with the same digits. */
const columnsOf = (cost: (usd: number) => string): readonly Column<Turn>[] => [
  {
    title: 'Turn',
    text: ({ n }) => String(n),
    order: { name: 'turn', of: ({ n }) => n },
    cell: ({ n, requestId }) => (
      <Link to="/requests/$id" params={{ id: requestId }}>
        {n}
      </Link>
    ),
  },
  { title: 'When', narrow: 'fact', text: ({ at }) => at, cell: ({ at }) => <When at={at} /> },
  {
    title: 'Model',
    narrow: 'none',
    text: ({ model }) => model,
    cell: ({ model }) => <UntrustedText text={model} />,
  },
  {
    title: 'In',
    narrow: 'fact',
    isNumber: true,
    order: { name: 'in', of: ({ inputTokens }) => inputTokens },
    cell: ({ inputTokens }) => formatCount(inputTokens),
  },
  {
    title: 'Of it cached',
    narrow: 'none',
    isNumber: true,
    cell: ({ cacheReadTokens }) => formatCount(cacheReadTokens),
  },
  {
    title: 'Out',
    narrow: 'fact',
    isNumber: true,
    order: { name: 'out', of: ({ outputTokens }) => outputTokens },
    cell: ({ outputTokens }) => formatCount(outputTokens),
  },
  { title: 'Attempts', narrow: 'none', isNumber: true, cell: ({ attempts }) => String(attempts) },
  {
    title: 'Cost',
    narrow: 'main',
    isNumber: true,
    order: { name: 'cost', of: ({ costUsd }) => costUsd },
    text: ({ costUsd }) => String(costUsd),
    cell: ({ costUsd }) => cost(costUsd),
  },
  { title: 'Error', narrow: 'none', cell: ({ code }) => code ?? '-' },
]
