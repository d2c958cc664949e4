/** An address that the dashboard does not have. */

import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'

export function NotFound(): ReactNode {
  return (
    <Page title="Not found" name="Not found">
      <Empty title="There is no such page.">
        <Link to="/overview">Go to the overview</Link>
      </Empty>
    </Page>
  )
}
