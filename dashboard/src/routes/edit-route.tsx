/** Changes a route: the whole of its settings as JSON, checked by the gateway as they are typed, become its next revision. */

import { JsonInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import type { RouteDetail } from '../rollout/route-queries.ts'
import { useSeenLive } from '../rollout/seen-live.tsx'
import { FormDialog } from '../ui/form-dialog.tsx'
import { DifferenceTable } from './revision-diff.tsx'
import { differencesOf } from './settings.ts'
import { SettingFaults, useSettingFaults } from './settings-faults.tsx'

interface EditRouteProps {
  readonly route: RouteDetail
  onClose(): void
}

export function EditRoute({ route, onClose }: EditRouteProps): ReactNode {
  const seen = useSeenLive(route)
  const live = route.revisions.find(({ number }) => number === seen.live)?.settings
  const [text, setText] = useState(() => JSON.stringify(live, null, 2))
  const settings = read(text)
  const faults = useSettingFaults(route.name, settings)
  const { isPending, error, mutate } = useChange({
    change: () =>
      ask('POST /routes/{route}/revisions', {
        params: { route: route.name },
        body: { settings: settings ?? {}, live: seen.live },
      }),
    stale: ['routes'],
    onDone: onClose,
  })
  const notice = isPending ? undefined : seen.notice
  const differences = settings && differencesOf(live, settings)
  const isSame = differences?.length === 0
  return (
    <FormDialog
      title={`Edit ${route.name}`}
      verb={`Save as @${route.last + 1}`}
      isWide
      isPending={isPending}
      error={notice === undefined ? error : null}
      isDisabled={!settings || isSame || faults.length > 0 || notice !== undefined}
      onSubmit={mutate}
      onClose={onClose}
    >
      <p>
        {route.protected
          ? 'It waits until somebody promotes it: the route is protected.'
          : 'It goes live at once, for every request.'}
      </p>
      <JsonInput
        label="Settings"
        autosize
        minRows={10}
        maxRows={18}
        spellCheck={false}
        value={text}
        onChange={setText}
        error={settings ? faults.length > 0 && <SettingFaults faults={faults} /> : 'This is no JSON object.'}
      />
      {differences && !isSame && <DifferenceTable differences={differences} />}
      {notice}
    </FormDialog>
  )
}

function read(text: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(text)
    const isObject = typeof value === 'object' && value !== null && !Array.isArray(value)
    return isObject ? (value as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}
