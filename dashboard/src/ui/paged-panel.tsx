/** A panel with a table of which older rows come when they are asked for. */

import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { TablePanel, type TablePanelProps } from './table-panel.tsx'

/** What an infinite query gives, as far as it is looked at here. */
interface Pages<Thing> {
  readonly data: { readonly pages: readonly { readonly data: readonly Thing[] }[] } | undefined
  readonly error: Error | null
  readonly hasNextPage: boolean
  readonly isFetchingNextPage: boolean
  refetch(): unknown
  fetchNextPage(): unknown
}

interface PagedPanelProps<Thing> extends Omit<TablePanelProps<Thing>, 'query'> {
  readonly pages: Pages<Thing>
  /** What the button for the next page says; the rows are by age where absent. */
  readonly more?: string
}

export function PagedPanel<Thing>({
  pages,
  more = 'Show older ones',
  ...rest
}: PagedPanelProps<Thing>): ReactNode {
  const data = pages.data && { data: pages.data.pages.flatMap((page) => page.data) }
  return (
    <>
      <TablePanel {...rest} query={{ data, error: pages.error, refetch: () => pages.refetch() }} />
      {pages.hasNextPage && (
        <div className="row">
          <Button
            variant="default"
            loading={pages.isFetchingNextPage}
            onClick={() => void pages.fetchNextPage()}
          >
            {more}
          </Button>
        </div>
      )}
    </>
  )
}
