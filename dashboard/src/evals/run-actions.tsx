/** What can be done with a run: cancel it while it runs, go on with one that was cut short, promote what has passed. */

import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { formatCount } from '../format/number.ts'
import { May } from '../session/may.tsx'
import { Confirm } from '../ui/confirm.tsx'
import type { RunDetail } from './queries.ts'
import { reportOf } from './report.ts'

interface RunProps {
  readonly run: RunDetail
}

export function RunActions({ run }: RunProps): ReactNode {
  const { status, verdict } = run
  if (status === 'running') {
    return (
      <May call="POST /evals/{id}/stop">
        <CancelRun run={run} />
      </May>
    )
  }
  if (status !== 'finished') {
    return (
      <May call="POST /evals/{id}/resume">
        <ResumeRun run={run} />
      </May>
    )
  }
  const candidate = verdict === 'pass' && revisionOf(run)
  if (!candidate) return null
  return (
    <May call="POST /routes/{route}/promote">
      <Button
        renderRoot={(props) => <Link to="/routes/$name" params={{ name: candidate.route }} {...props} />}
      >
        Promote @{candidate.revision}…
      </Button>
    </May>
  )
}

/** The revision of a route that the run is about; undefined where it asks a model itself, or several. */
function revisionOf(run: RunDetail): { readonly route: string; readonly revision: string } | undefined {
  const candidates = reportOf(run)?.arms.filter(({ isBaseline }) => !isBaseline) ?? []
  const [, route, revision] = /^([^/]+)@(\d+)$/.exec(candidates[0]?.target ?? '') ?? []
  if (candidates.length !== 1 || route === undefined || revision === undefined) return undefined
  return { route, revision }
}

function CancelRun({ run: { id, name, progress } }: RunProps): ReactNode {
  const [isAsking, setAsking] = useState(false)
  const { isPending, error, mutate } = useChange({
    change: () => ask('POST /evals/{id}/stop', { params: { id } }),
    stale: ['evals'],
    onDone: () => setAsking(false),
  })
  const { done = 0, total = 0 } = progress ?? {}
  return (
    <>
      <Button color="red" variant="outline" onClick={() => setAsking(true)}>
        Cancel…
      </Button>
      {isAsking && (
        <Confirm
          title={`Cancel the run of ${name}`}
          effect={`${formatCount(done)} answers are kept. ${formatCount(total - done)} will not be asked, until somebody goes on with the run.`}
          verb="Cancel the run"
          isPending={isPending}
          error={error}
          onConfirm={mutate}
          onClose={() => setAsking(false)}
        />
      )}
    </>
  )
}

function ResumeRun({ run: { id } }: RunProps): ReactNode {
  const { isPending, error, mutate } = useChange({
    change: () => ask('POST /evals/{id}/resume', { params: { id }, body: {} }),
    stale: ['evals'],
  })
  return (
    <div className="row">
      {error && <span role="alert">{error.message}</span>}
      <Button loading={isPending} onClick={() => mutate()}>
        Go on
      </Button>
    </div>
  )
}
