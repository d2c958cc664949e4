/** Deals the callers of an experiment out by other shares: the next revision of its route, under another name. */

import { NumberInput, TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { formatShare } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { type RouteDetail, routeQuery } from '../rollout/route-queries.ts'
import { useSeenLive } from '../rollout/seen-live.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import type { ExperimentDetail } from './experiment-view.ts'
import { type ArmWeight, armsOf, nextName, rampedSettings } from './ramp-settings.ts'

interface RampProps {
  readonly experiment: ExperimentDetail
  onClose(): void
}

export function Ramp({ experiment, onClose }: RampProps): ReactNode {
  const { data } = useQuery(routeQuery(experiment.route))
  return data ? <RampForm experiment={experiment} route={data} onClose={onClose} /> : null
}

function RampForm({ experiment, route, onClose }: RampProps & { readonly route: RouteDetail }): ReactNode {
  const seen = useSeenLive(route)
  const live = route.revisions.find(({ number }) => number === seen.live)?.settings
  const [before] = useState(() => armsOf(live))
  const [weights, setWeights] = useState(before)
  const [name, setName] = useState(() => nextName(experiment.name))
  const { isPending, error, mutate } = useChange({
    change: () =>
      ask('POST /routes/{route}/revisions', {
        params: { route: route.name },
        body: { settings: rampedSettings(live, name.trim(), weights), live: seen.live },
      }),
    stale: ['experiments', 'routes'],
    onDone: onClose,
  })
  const notice = isPending ? undefined : seen.notice
  const isSame = weights.every(({ weight }, index) => weight === before[index]?.weight)
  const isNamed = name.trim() !== '' && name.trim() !== experiment.name
  return (
    <FormDialog
      title={`Ramp ${visible(experiment.name)}`}
      verb={`Save as @${route.last + 1}`}
      isPending={isPending}
      error={notice === undefined ? error : null}
      isDisabled={notice !== undefined || isSame || !isNamed || weights.some(({ weight }) => !(weight > 0))}
      onSubmit={mutate}
      onClose={onClose}
    >
      <p>
        Callers of {visible(route.name)} are dealt out anew by these weights, and counted from nothing:
        outcomes of other shares are of other days, and would pull the difference their way.
      </p>
      <Weights weights={weights} onChange={setWeights} />
      <TextInput
        label="Name of the experiment from then on"
        description="The results so far stay under the old one."
        value={name}
        onChange={(event) => setName(event.currentTarget.value)}
      />
      <p className="dim">
        {route.protected
          ? 'It waits until somebody promotes it: the route is protected.'
          : 'It goes live at once, for every request.'}
      </p>
      {notice}
    </FormDialog>
  )
}

interface WeightsProps {
  readonly weights: readonly ArmWeight[]
  onChange(weights: readonly ArmWeight[]): void
}

function Weights({ weights, onChange }: WeightsProps): ReactNode {
  const total = weights.reduce((sum, { weight }) => sum + weight, 0)
  return weights.map(({ name, weight }, index) => (
    <NumberInput
      key={name}
      label={`Weight of ${visible(name)}`}
      description={total > 0 ? `${formatShare(weight / total)} of the callers` : undefined}
      min={0}
      max={1_000_000}
      value={weight}
      onChange={(value) => onChange(weights.with(index, { name, weight: Number(value) }))}
    />
  ))
}
