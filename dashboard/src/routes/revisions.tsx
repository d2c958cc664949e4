/** The revisions of a route, the newest first, with what may be done with each. */

import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import type { Revision, RouteDetail } from '../rollout/route-queries.ts'
import { May } from '../session/may.tsx'
import { type Column, DataTable } from '../ui/data-table.tsx'
import { Panel } from '../ui/panel.tsx'
import { Status } from '../ui/status.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import type { RouteMove } from './move-route.tsx'
import { standingOf } from './settings.ts'

interface RevisionsProps {
  readonly detail: RouteDetail
  onMove(move: RouteMove): void
}

const verdictTone = { pass: 'ok', fail: 'bad', inconclusive: 'warn' } as const

export function Revisions({ detail, onMove }: RevisionsProps): ReactNode {
  const { name, live, canary } = detail
  const columns: Column<Revision>[] = [
    {
      title: 'Revision',
      cell: ({ number }) => (
        <Link to="/routes/$name/$revision" params={{ name, revision: String(number) }}>
          @{number}
        </Link>
      ),
    },
    {
      title: 'State',
      narrow: 'main',
      cell: ({ number }) => <RevisionState detail={detail} number={number} />,
    },
    { title: 'Gate', cell: ({ gate }) => <GateVerdict gate={gate} /> },
    { title: 'From', cell: ({ source }) => (source === 'file' ? 'the file' : 'the API') },
    { title: 'Who', cell: ({ created_by: by }) => <UntrustedText text={by} /> },
    { title: 'When', cell: ({ created_at: at }) => <When at={at} /> },
    {
      title: 'Actions',
      isUntitled: true,
      cell: ({ number }) => (
        <May call="POST /routes/{route}/promote">
          <RevisionActions number={number} live={live} isCanary={canary !== undefined} onMove={onMove} />
        </May>
      ),
    },
  ]
  return (
    <Panel title="Revisions" isFlush>
      <DataTable
        caption="Revisions"
        columns={columns}
        things={detail.revisions}
        idOf={({ number }) => String(number)}
      />
    </Panel>
  )
}

interface RevisionStateProps {
  readonly detail: RouteDetail
  readonly number: number
}

const standingTones = { live: 'ok', canary: 'info', 'was left': 'none', waits: 'none' } as const

export function RevisionState({ detail, number }: RevisionStateProps): ReactNode {
  const standing = standingOf(detail, number)
  return <Status tone={standingTones[standing]}>{standing}</Status>
}

interface RevisionActionsProps extends Pick<RevisionsProps, 'onMove'> {
  readonly number: number
  readonly live: number
  readonly isCanary: boolean
}

function RevisionActions({ number, live, isCanary, onMove }: RevisionActionsProps): ReactNode {
  if (number === live) {
    return (
      isCanary && (
        <Button variant="default" onClick={() => onMove({ verb: 'rollback', to: number })}>
          Stop the canary…
        </Button>
      )
    )
  }
  const isNewer = number > live
  return (
    <Button
      variant="default"
      aria-label={`${isNewer ? 'Promote' : 'Roll back to'} @${number}`}
      onClick={() => onMove({ verb: isNewer ? 'promote' : 'rollback', to: number })}
    >
      {isNewer ? 'Promote…' : 'Roll back…'}
    </Button>
  )
}

export function GateVerdict({ gate }: Pick<Revision, 'gate'>): ReactNode {
  if (!gate) return <span className="dim">not run</span>
  return (
    <Link to="/evals/$id" params={{ id: gate.run_id }}>
      <Status tone={verdictTone[gate.verdict]}>{gate.verdict}</Status>
    </Link>
  )
}
