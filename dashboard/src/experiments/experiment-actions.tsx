/** Changes an experiment's shares, or ends it: all callers get the control, or an arm becomes a revision of the route. */

import { Button, NativeSelect } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { visible } from '../format/visible.ts'
import { May } from '../session/may.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { ReasonField } from '../ui/reason-field.tsx'
import type { ExperimentDetail } from './experiment-view.ts'
import { Ramp } from './ramp.tsx'

interface ExperimentProps {
  readonly experiment: ExperimentDetail
}

export function ExperimentActions({ experiment }: ExperimentProps): ReactNode {
  const [action, setAction] = useState<'ramp' | 'stop' | 'promote'>()
  const end = () => setAction(undefined)
  return (
    <div className="row">
      <May call="POST /routes/{route}/revisions">
        <Button variant="default" onClick={() => setAction('ramp')}>
          Ramp…
        </Button>
      </May>
      <May call="POST /experiments/{route}/stop">
        <Button variant="default" onClick={() => setAction('stop')}>
          Stop…
        </Button>
      </May>
      <May call="POST /experiments/{route}/promote">
        <Button onClick={() => setAction('promote')}>Promote an arm…</Button>
      </May>
      {action === 'ramp' && <Ramp experiment={experiment} onClose={end} />}
      {action === 'stop' && <Stop experiment={experiment} onClose={end} />}
      {action === 'promote' && <Promote experiment={experiment} onClose={end} />}
    </div>
  )
}

interface DialogProps extends ExperimentProps {
  onClose(): void
}

function Stop({ experiment: { route, name }, onClose }: DialogProps): ReactNode {
  const [reason, setReason] = useState('')
  const { isPending, error, mutate } = useChange({
    change: () => ask('POST /experiments/{route}/stop', { params: { route }, body: { reason } }),
    stale: ['experiments'],
    onDone: onClose,
  })
  return (
    <FormDialog
      title={`Stop ${visible(name)}`}
      verb="Stop"
      isPending={isPending}
      error={error}
      isDisabled={reason.trim() === ''}
      onSubmit={mutate}
      onClose={onClose}
    >
      <p>Every caller of {visible(route)} gets the control within seconds. It does not begin again.</p>
      <ReasonField value={reason} onChange={setReason} />
    </FormDialog>
  )
}

function Promote({ experiment: { route, arms, winner }, onClose }: DialogProps): ReactNode {
  const [arm, setArm] = useState(winner ?? arms[1]?.name ?? '')
  const [reason, setReason] = useState('')
  const { isPending, error, mutate } = useChange({
    change: () => ask('POST /experiments/{route}/promote', { params: { route }, body: { arm, reason } }),
    stale: ['experiments', 'routes'],
    onDone: onClose,
  })
  return (
    <FormDialog
      title={`Promote an arm of ${visible(route)}`}
      verb="Promote"
      isPending={isPending}
      error={error}
      isDisabled={reason.trim() === ''}
      onSubmit={mutate}
      onClose={onClose}
    >
      <p>
        The arm becomes the next revision of the route. Where the route is protected, it waits for its gate.
      </p>
      <NativeSelect
        label="Arm"
        data={arms.map(({ name }) => ({ value: name, label: visible(name) }))}
        value={arm}
        onChange={(event) => setArm(event.currentTarget.value)}
      />
      {arm !== winner && <p>It is not surely better than the control.</p>}
      <ReasonField value={reason} onChange={setReason} />
    </FormDialog>
  )
}
