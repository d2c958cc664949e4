/** The way to the alerts from everywhere, with the number of those that are open; nothing where there is none. */

import { ActionIcon } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { openAlerts } from '../api/shared-queries.ts'
import { useMay } from '../session/me.ts'
import { Icon } from '../ui/icon.tsx'

export function AlertsLink(): ReactNode {
  const alerts = useQuery({ ...openAlerts, enabled: useMay('GET /alerts') })
  const count = alerts.data?.data.length ?? 0
  if (count === 0) return null
  return (
    <ActionIcon
      component={Link}
      to="/alerts"
      variant="default"
      size={32}
      className="shell-alerts"
      aria-label={`Open alerts: ${count}`}
    >
      <Icon name="alerts" />
      <span className="shell-alerts-count" aria-hidden="true">
        {count}
      </span>
    </ActionIcon>
  )
}
