/** The answers of all targets: side by side, or one at a time where there is little room. */

import { Tabs } from '@mantine/core'
import { useMediaQuery } from '@mantine/hooks'
import { type ReactNode, useState } from 'react'
import { visible } from '../format/visible.ts'
import { TrialPanel } from './trial-panel.tsx'
import type { TrialControl } from './use-trial.ts'
import './playground.css'

const narrow = '(max-width: 640px)'

interface TrialPlacesProps {
  readonly targets: readonly string[]
  /** At least as many. */
  readonly trials: readonly TrialControl[]
  onTargets(targets: readonly string[]): void
}

export function TrialPlaces({ targets, trials, onTargets }: TrialPlacesProps): ReactNode {
  const isNarrow = useMediaQuery(narrow, undefined, { getInitialValueInEffect: false }) ?? false
  const [picked, setPicked] = useState(0)
  const tab = Math.min(picked, targets.length - 1)
  // A place stays the same place when its target changes.
  const panelOf = (index: number) => (
    <TrialPanel
      key={index}
      target={targets[index] ?? ''}
      trial={trials[index]!.trial}
      onTarget={(next) => onTargets(targets.with(index, next.replaceAll(',', '')))}
      onRemove={targets.length > 1 ? () => onTargets(targets.filter((_, at) => at !== index)) : undefined}
    />
  )
  if (!isNarrow || targets.length === 1)
    return <div className="trials">{targets.map((_, index) => panelOf(index))}</div>
  return (
    <Tabs
      value={String(tab)}
      keepMounted={false}
      onChange={(value) => setPicked(Number(value))}
      className="trial-tabs"
    >
      <Tabs.List aria-label="Targets">
        {targets.map((name, index) => (
          <Tabs.Tab key={index} value={String(index)}>
            {visible(name) || `Target ${index + 1}`}
          </Tabs.Tab>
        ))}
      </Tabs.List>
      <Tabs.Panel value={String(tab)}>{panelOf(tab)}</Tabs.Panel>
    </Tabs>
  )
}
