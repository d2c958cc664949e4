/** A panel with a table in it: loading, empty, filled, and to be taken along as a file. */

import { Button } from '@mantine/core'
import type { ReactNode } from 'react'
import { type Column, DataTable } from './data-table.tsx'
import { downloadCsv } from './download.ts'
import { type Asked, Loaded } from './loaded.tsx'
import { Panel } from './panel.tsx'

export interface TablePanelProps<Thing> {
  readonly title: string
  readonly query: Asked<{ readonly data: readonly Thing[] }>
  /** Completes "Could not load". */
  readonly what: string
  readonly columns: readonly Column<Thing>[]
  /** In place of the table where it has no rows. */
  readonly empty: ReactNode
  readonly aside?: ReactNode
  readonly className?: string
  /** Of the file that the table can be taken along as; no file where absent. */
  readonly fileName?: string
  idOf(thing: Thing): string
  /** Which of them, in which order; all where absent. */
  pick?(things: readonly Thing[]): readonly Thing[]
}

export function TablePanel<Thing>(props: TablePanelProps<Thing>): ReactNode {
  const { title, query, what, columns, empty, aside, className, fileName, idOf, pick = all } = props
  const things = query.data && pick(query.data.data)
  const canExport = fileName !== undefined && things !== undefined && things.length > 0
  return (
    <Panel
      title={title}
      isFlush
      {...(className !== undefined && { className })}
      aside={
        (aside !== undefined || canExport) && (
          <div className="row">
            {aside}
            {canExport && (
              <Button
                variant="default"
                aria-label={`Export ${title.toLowerCase()} as CSV`}
                onClick={() => downloadCsv(fileName, columns, things)}
              >
                Export
              </Button>
            )}
          </div>
        )
      }
    >
      <Loaded query={query} what={what}>
        {() =>
          things && things.length > 0 ? (
            <DataTable caption={title} columns={columns} things={things} idOf={idOf} />
          ) : (
            empty
          )
        }
      </Loaded>
    </Panel>
  )
}

function all<Thing>(things: readonly Thing[]): readonly Thing[] {
  return things
}
