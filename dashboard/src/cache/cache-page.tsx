/** The cache: does it save, and does it lie? */

import { Button } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ask, type Reply } from '../api/client.ts'
import { type Figures, figuresQuery, type RequestFigures } from '../api/figures.ts'
import { formatCount, formatShare, formatUsd } from '../format/number.ts'
import { spanText } from '../format/span.ts'
import { visible } from '../format/visible.ts'
import { May } from '../session/may.tsx'
import { useMay } from '../session/me.ts'
import { changeOf, pointsOf } from '../ui/change.ts'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Figure } from '../ui/figure.tsx'
import { FigureGrid } from '../ui/figure-grid.tsx'
import { Loaded } from '../ui/loaded.tsx'
import { Page } from '../ui/page.tsx'
import { Panel } from '../ui/panel.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { TimeChart } from '../ui/time-chart.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { useSpan } from '../use-span.ts'
import { enoughCompared, falseHitsOf } from './false-hits.ts'
import { PairsPanel } from './pairs-panel.tsx'
import { PurgeCache } from './purge-cache.tsx'
import { SetThreshold } from './set-threshold.tsx'
import { ThresholdPanel } from './threshold-chart.tsx'

type Trust = Reply<'GET /cache'>['semantic'][number]

export function CachePage(): ReactNode {
  const { span, isCompared } = useSpan()
  const [isPurging, setPurging] = useState(false)
  const [changed, setChanged] = useState<Trust>()
  const maySet = useMay('PUT /cache/threshold')
  const figures = useQuery(figuresQuery(span, {}, isCompared))
  const cache = useQuery({
    queryKey: ['cache'],
    queryFn: ({ signal }) => ask('GET /cache', { signal }),
    refetchInterval: 15_000,
  })
  return (
    <Page
      title="Cache"
      name="Cache"
      action={
        <May call="DELETE /cache">
          <Button color="red" variant="outline" onClick={() => setPurging(true)}>
            Purge…
          </Button>
        </May>
      }
    >
      <CacheFigures figures={figures.data} cache={cache.data} />
      <div className="grid">
        <Panel title="Answers that could be kept" className="eight">
          <Loaded query={figures} what="the hits">
            {(found) =>
              found.now.cache_hits + found.now.cache_misses > 0 ? (
                <HitsChart figures={found} />
              ) : (
                <Empty title={`The cache was not asked ${spanText(span)}.`}>
                  <span>
                    It is set under <code>cache</code> in <code>weir.yaml</code>, and per route.
                  </span>
                </Empty>
              )
            }
          </Loaded>
        </Panel>
        <ThresholdPanel all={cache.data?.semantic ?? []} />
      </div>
      <TablePanel
        title="Answers to questions of the same meaning"
        query={{ ...cache, data: cache.data && { data: cache.data.semantic } }}
        what="the cache"
        columns={maySet ? [...trustColumns, thresholdColumn(setChanged)] : trustColumns}
        idOf={({ destination }) => destination}
        fileName="cache"
        empty={
          <Empty title="No semantic hit was compared yet.">
            Some of them are asked anew, to see whether they lie.
          </Empty>
        }
      />
      {cache.data && cache.data.semantic.length > 0 && <PairsPanel count={cache.data.to_judge} />}
      {changed && <SetThreshold trust={changed} onClose={() => setChanged(undefined)} />}
      {isPurging && <PurgeCache onClose={() => setPurging(false)} />}
    </Page>
  )
}

interface CacheFiguresProps {
  readonly figures: RequestFigures | undefined
  readonly cache: Reply<'GET /cache'> | undefined
}

function CacheFigures({ figures, cache }: CacheFiguresProps): ReactNode {
  const share = figures && hitShareOf(figures.now)
  const before = figures?.before && hitShareOf(figures.before)
  const saved = figures && Number(figures.now.cache_saved_usd)
  return (
    <FigureGrid columns="three">
      <Figure
        label="Hits"
        value={figures && (share === undefined ? '-' : formatShare(share))}
        change={pointsOf(share, before)}
        course={figures?.steps.map((step) => step.cache_hits) ?? []}
      />
      <Figure
        label="Saved"
        value={saved === undefined ? undefined : formatUsd(saved)}
        change={before === undefined ? undefined : changeOf(saved, Number(figures?.before?.cache_saved_usd))}
        course={figures?.steps.map((step) => Number(step.cache_saved_usd)) ?? []}
      />
      <FalseHits cache={cache} />
      <Figure
        label="Size"
        value={cache && (cache.entries === undefined ? '-' : formatCount(cache.entries))}
        note={cache?.bytes === undefined ? 'kept elsewhere' : `answers, ${formatBytes(cache.bytes)}`}
      />
    </FigureGrid>
  )
}

function FalseHits({ cache }: Pick<CacheFiguresProps, 'cache'>): ReactNode {
  const { compared, lies, lower, upper } = falseHitsOf(cache?.semantic ?? [])
  return (
    <Figure
      label="False hits"
      value={cache && (compared === 0 ? '-' : formatShare(lies / compared))}
      note={
        compared < enoughCompared
          ? `Not enough judged pairs (${compared} of ${enoughCompared})`
          : `[${formatShare(lower)}, ${formatShare(upper)}], ${lies} of ${compared} pairs`
      }
    />
  )
}

function HitsChart({ figures }: { readonly figures: RequestFigures }): ReactNode {
  const { cache_hits: hits, cache_misses: misses } = figures.now
  return (
    <TimeChart
      kind="bars"
      caption={`${formatCount(hits)} hits, ${formatCount(misses)} misses.`}
      fromMs={Date.parse(figures.from)}
      bucketMs={figures.step_ms}
      format={formatCount}
      series={[
        { name: 'Hits', color: 'var(--series-1)', values: figures.steps.map((step) => step.cache_hits) },
        {
          name: 'Misses',
          color: 'var(--series-other)',
          values: figures.steps.map((step) => step.cache_misses),
        },
      ]}
    />
  )
}

const trustColumns: readonly Column<Trust>[] = [
  {
    title: 'Destination',
    text: ({ destination }) => destination,
    cell: ({ destination }) => <UntrustedText text={destination} />,
  },
  { title: 'Threshold', isNumber: true, cell: ({ threshold }) => threshold.toFixed(3) },
  { title: 'Raised', isNumber: true, cell: ({ raised }) => (raised === 0 ? 'never' : `${raised} times`) },
  { title: 'Compared', isNumber: true, cell: ({ compared }) => formatCount(compared) },
  { title: 'False', isNumber: true, cell: (trust) => falseText(trust) },
]

function thresholdColumn(change: (trust: Trust) => void): Column<Trust> {
  return {
    title: 'Actions',
    isUntitled: true,
    cell: (trust) => (
      <Button
        variant="default"
        aria-label={`Threshold of ${visible(trust.destination)}…`}
        onClick={() => change(trust)}
      >
        Threshold…
      </Button>
    ),
  }
}

function falseText({ false_hit_rate: rate, false_hit_interval: interval }: Trust): string {
  if (rate === undefined) return '-'
  const [lower, upper] = interval as unknown as readonly [number, number]
  return `${formatShare(rate)} [${formatShare(lower)}, ${formatShare(upper)}]`
}

function hitShareOf({ cache_hits: hits, cache_misses: misses }: Figures): number | undefined {
  return hits + misses === 0 ? undefined : hits / (hits + misses)
}

function formatBytes(bytes: number): string {
  return bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} kB` : `${(bytes / 1_000_000).toFixed(1)} MB`
}
