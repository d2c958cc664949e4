/** One alarm of a golden set: what moved, in which answers, and what was done about it. */

import { useQuery } from '@tanstack/react-query'
import { getRouteApi } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { DetailPage } from '../ui/detail-page.tsx'
import { Facts } from '../ui/facts.tsx'
import { Panel } from '../ui/panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { AlarmBar } from './alarm-bar.tsx'
import { type Alarm, routeOf, runQuery, runsQuery, setsQuery } from './drift-queries.ts'
import { Evidence } from './evidence.tsx'
import { MetricCharts } from './metric-charts.tsx'
import { RouteWatch } from './route-watch.tsx'

const route = getRouteApi('/drift/$set/alarms/$id')

export function AlarmPage(): ReactNode {
  const { set, id } = route.useParams()
  const alarm = useQuery({
    queryKey: ['drift', 'alarm', id],
    queryFn: ({ signal }) => ask('GET /drift/alarms/{id}', { params: { id }, signal }),
    refetchInterval: 15_000,
  })
  return (
    <DetailPage
      above={[
        { label: 'Drift', link: { to: '/drift' } },
        { label: set, link: { to: '/drift/$set', params: { set } } },
      ]}
      kind="Alarm"
      name={set}
      title={`Alarm of ${set}`}
      here="Alarm"
      query={alarm}
    >
      {(found) => <Found alarm={found} />}
    </DetailPage>
  )
}

function Found({ alarm }: { readonly alarm: Alarm }): ReactNode {
  const sets = useQuery(setsQuery)
  const runs = useQuery(runsQuery(alarm.set))
  const run = useQuery(runQuery(alarm.run_id))
  const set = sets.data?.data.find(({ name }) => name === alarm.set)
  const target = run.data?.target ?? set?.target
  const watched = target === undefined ? undefined : routeOf(target)
  return (
    <>
      {target !== undefined && <AlarmBar alarm={alarm} target={target} />}
      <Panel title="Alarm">
        <Facts
          facts={[
            ['Target', target && <UntrustedText key="target" text={target} />],
            ['Since', <When key="since" at={alarm.created_at} />],
            ['State', alarm.state],
            ['Changed', <When key="changed" at={alarm.changed_at} />],
            ['Changed by', alarm.changed_by && <UntrustedText key="by" text={alarm.changed_by} />],
            ['Silenced until', alarm.until && <When key="until" at={alarm.until} />],
          ]}
        />
      </Panel>
      <MetricCharts runs={runs.data?.data ?? []} shown={alarm.run_id} />
      <Evidence run={alarm.run_id} />
      {watched !== undefined && <RouteWatch route={watched} />}
    </>
  )
}
