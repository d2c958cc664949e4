/** How often hits would lie at higher thresholds than the one in force. */

import { NativeSelect } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import type { Reply } from '../api/client.ts'
import { formatCount, formatShare } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { Empty } from '../ui/empty.tsx'
import { Panel } from '../ui/panel.tsx'
import { SeriesChart } from '../ui/series-chart.tsx'
import { enoughCompared } from './false-hits.ts'

type Trust = Reply<'GET /cache'>['semantic'][number]

export function ThresholdPanel({ all }: { readonly all: readonly Trust[] }): ReactNode {
  const [picked, setPicked] = useState<string>()
  const ordered = all.toSorted((one, other) => other.compared - one.compared)
  const trust = ordered.find(({ destination }) => destination === picked) ?? ordered[0]
  return (
    <Panel
      title="False hits against threshold"
      className="four"
      aside={
        trust &&
        ordered.length > 1 && (
          <NativeSelect
            size="xs"
            aria-label="Destination"
            value={trust.destination}
            data={ordered.map(({ destination }) => ({ value: destination, label: visible(destination) }))}
            onChange={(event) => setPicked(event.currentTarget.value)}
          />
        )
      }
    >
      {trust === undefined || trust.compared === 0 ? (
        <Empty title="No semantic hit was compared yet." />
      ) : (
        <ThresholdChart trust={trust} />
      )}
    </Panel>
  )
}

function ThresholdChart({ trust }: { readonly trust: Trust }): ReactNode {
  const { curve, compared, destination } = trust
  const known = curve.filter((point) => point.compared > 0)
  const isEnough = compared >= enoughCompared
  const ends = (at: 0 | 1) => known.map(({ interval }) => (interval as unknown as readonly number[])[at])
  return (
    <>
      <SeriesChart
        kind="lines"
        caption={captionOf(visible(destination), trust)}
        axis={{
          title: 'Threshold',
          tick: (index) => (known[index]?.threshold ?? 1).toFixed(3),
          full: (index) =>
            `${(known[index]?.threshold ?? 1).toFixed(3)}, leaves ${formatCount(known[index]?.compared ?? 0)}`,
        }}
        format={formatShare}
        series={[
          {
            name: 'False',
            color: 'var(--series-1)',
            values: known.map(({ compared: of, false_hits: lies }) => lies / of),
          },
        ]}
        overlay={[
          {
            name: 'Surely above',
            color: 'var(--series-other)',
            values: ends(0),
            isDashed: true,
            isThin: true,
          },
          {
            name: 'Surely below',
            color: 'var(--series-other)',
            values: ends(1),
            isDashed: true,
            isThin: true,
          },
        ]}
      />
      {!isEnough && (
        <p className="dim">
          Not enough judged pairs ({compared} of {enoughCompared})
        </p>
      )}
    </>
  )
}

function captionOf(destination: string, { threshold, compared, false_hits: lies }: Trust): string {
  return `${destination}: ${formatShare(lies / compared)} of ${formatCount(compared)} hits were false at ${threshold.toFixed(3)}.`
}
