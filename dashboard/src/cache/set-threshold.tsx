/** Sets how alike two questions must be at a destination before one answer serves both. */

import { NumberInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask, type Reply } from '../api/client.ts'
import { formatCount, formatShare } from '../format/number.ts'
import { visible } from '../format/visible.ts'
import { FormDialog } from '../ui/form-dialog.tsx'
import { pointAt } from './false-hits.ts'

type Trust = Reply<'GET /cache'>['semantic'][number]

/** What the gateway takes. */
const least = 0.3
const most = 0.999

interface SetThresholdProps {
  readonly trust: Trust
  onClose(): void
}

export function SetThreshold({ trust, onClose }: SetThresholdProps): ReactNode {
  const { destination } = trust
  const [threshold, setThreshold] = useState<number | string>(trust.threshold)
  const { isPending, error, mutate } = useChange({
    change: () => ask('PUT /cache/threshold', { body: { destination, threshold: Number(threshold) } }),
    stale: ['cache'],
    onDone: onClose,
  })
  const isRead = typeof threshold === 'number' && threshold >= least && threshold <= most
  return (
    <FormDialog
      title={`Threshold of ${visible(destination)}`}
      verb="Set threshold"
      isPending={isPending}
      error={error}
      isDisabled={!isRead || threshold === trust.threshold}
      onSubmit={mutate}
      onClose={onClose}
    >
      <NumberInput
        data-autofocus
        label="Least likeness of two questions"
        description={`A cosine, from ${least} to ${most}.`}
        min={least}
        max={most}
        step={0.005}
        decimalScale={3}
        value={threshold}
        onChange={setThreshold}
      />
      {isRead && <p>{effectOf(trust, threshold)}</p>}
      <p className="dim">
        It holds in this instance until that ends, or until the configuration names another: to keep it, set{' '}
        <code>cache.semantic.threshold</code> in <code>weir.yaml</code> or in the route.
      </p>
    </FormDialog>
  )
}

/** What is known of the hits that it would leave. */
function effectOf(trust: Trust, threshold: number): string {
  if (threshold < trust.threshold)
    return 'More is answered from the cache. Of hits so far apart none was compared yet: the rate of false hits begins anew.'
  const { compared, false_hits: lies } = pointAt(trust.curve, threshold)
  if (compared === 0) return 'Less is answered from the cache. No hit that was compared was so alike.'
  return `Less is answered from the cache. Of the ${formatCount(trust.compared)} hits that were compared it leaves ${formatCount(compared)}, of which ${formatShare(lies / compared)} were false.`
}
