/** What stands in for a page that somebody's roles do not open. */

import type { ReactNode } from 'react'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'

export function NoAccess(): ReactNode {
  return (
    <Page title="No access" name="No access">
      <Empty title="You do not have access to this.">Ask an owner or administrator.</Empty>
    </Page>
  )
}
