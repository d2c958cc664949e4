/** The alarm of a golden set, and what a person can do about it. */

import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { May } from '../session/may.tsx'
import { Status } from '../ui/status.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { type Alarm, routeOf } from './drift-queries.ts'
import { RollBack } from './roll-back.tsx'
import './drift.css'

const silenceMs = 7 * 86_400_000

interface AlarmBarProps {
  readonly alarm: Alarm
  readonly target: string
}

export function AlarmBar({ alarm, target }: AlarmBarProps): ReactNode {
  const watched = routeOf(target)
  const { isPending, error, mutate } = useChange({
    change: (state: 'acknowledged' | 'silenced' | 'resolved') =>
      ask('PATCH /drift/alarms/{id}', {
        params: { id: alarm.id },
        body: {
          state,
          ...(state === 'silenced' && { until: new Date(Date.now() + silenceMs).toISOString() }),
        },
      }),
    stale: ['drift'],
  })
  return (
    <section className="drift-alarm" aria-label="Alarm">
      <span>
        <Status tone={alarm.state === 'open' ? 'bad' : 'warn'}>{alarm.state}</Status>{' '}
        <Link to="/drift/$set/alarms/$id" params={{ set: alarm.set, id: alarm.id }}>
          <UntrustedText text={alarm.title} />
        </Link>{' '}
        <span className="dim">of</span> <UntrustedText text={target} />, <When at={alarm.created_at} />
        {alarm.changed_by !== undefined && alarm.state !== 'open' && (
          <span className="dim">
            , {alarm.state} by <UntrustedText text={alarm.changed_by} />
          </span>
        )}
        {error && <span role="alert"> {error.message}</span>}
      </span>
      {alarm.state !== 'resolved' && (
        <span className="row">
          {watched !== undefined && <RollBack route={watched} reason={alarm.title} />}
          <May call="PATCH /drift/alarms/{id}">
            {alarm.state === 'open' && (
              <Button variant="default" loading={isPending} onClick={() => mutate('acknowledged')}>
                Acknowledge
              </Button>
            )}
            <Button variant="default" disabled={isPending} onClick={() => mutate('silenced')}>
              Silence for a week
            </Button>
            <Button variant="default" disabled={isPending} onClick={() => mutate('resolved')}>
              Resolve
            </Button>
          </May>
        </span>
      )}
    </section>
  )
}
