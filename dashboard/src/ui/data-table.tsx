/** A table of things: named columns where there is room, and a list of cards where there is not. */

import { Button } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { formatCount } from '../format/number.ts'
import { SortHead, sortedWord } from './sort-head.tsx'
import { inOrder, type Order, sortingAfter, useSorting } from './sorting.ts'
import './data-table.css'

export interface Column<Thing> {
  readonly title: string
  readonly isNumber?: boolean
  /** The title is for screen readers only, as over buttons. */
  readonly isUntitled?: boolean
  cell(thing: Thing): ReactNode
  /** How it reads in an export, where the cell is no plain text. */
  text?(thing: Thing): string
  /** Its head puts the rows in order by this. */
  readonly order?: Order<Thing>
  /** Of all rows, below them. */
  readonly total?: ReactNode
  /**
   * Where there is little room: the number beside the name, a line of its own, a dimmed fact, a button, or nowhere. What
   * says nothing is a button where it has no title, and else a fact, which is left out where it is a dash.
   */
  readonly narrow?: 'main' | 'line' | 'fact' | 'action' | 'none'
}

interface DataTableProps<Thing> {
  readonly caption: string
  readonly columns: readonly Column<Thing>[]
  readonly things: readonly Thing[]
  idOf(thing: Thing): string
}

/** A thousand rows take a page as long to show as all else on it: more than these come when they are asked for. */
const firstRows = 200

export function DataTable<Thing>({ caption, columns, things, idOf }: DataTableProps<Thing>): ReactNode {
  const [sorting, sort] = useSorting()
  const order = columns.find((column) => column.order && column.order.name === sorting?.name)?.order
  const ordered = order && sorting ? inOrder(things, order, sorting.isDown) : things
  const [isWhole, setWhole] = useState(false)
  const shown = isWhole ? ordered : ordered.slice(0, firstRows)
  return (
    <>
      <table className="data-table">
        <caption className="only-read">{caption}</caption>
        <thead>
          <tr>
            {columns.map(({ title, isNumber, isUntitled, order: own }) => {
              const sorted = own && own === order ? sorting : undefined
              return (
                <th
                  key={title}
                  scope="col"
                  className={isNumber ? 'end' : undefined}
                  aria-sort={sortedWord(sorted)}
                >
                  {isUntitled ? (
                    <span className="only-read">{title}</span>
                  ) : own ? (
                    <SortHead
                      title={title}
                      sorted={sorted}
                      onSort={() => sort(sortingAfter(sorting, own.name, isNumber === true))}
                    />
                  ) : (
                    title
                  )}
                </th>
              )
            })}
          </tr>
        </thead>
        <tbody>
          {shown.map((thing) => (
            <tr key={idOf(thing)}>
              {columns.map((column) => (
                <Cell key={column.title} column={column}>
                  {column.cell(thing)}
                </Cell>
              ))}
            </tr>
          ))}
        </tbody>
        {columns.some(({ total }) => total !== undefined) && (
          <tfoot>
            <tr>
              {columns.map((column, index) =>
                index === 0 ? (
                  <th key={column.title} scope="row">
                    {column.total}
                  </th>
                ) : (
                  <Cell key={column.title} column={column}>
                    {column.total}
                  </Cell>
                ),
              )}
            </tr>
          </tfoot>
        )}
      </table>
      {shown.length < ordered.length && (
        <Button variant="default" size="xs" className="data-table-more" onClick={() => setWhole(true)}>
          Show all {formatCount(ordered.length)} rows
        </Button>
      )}
    </>
  )
}

interface CellProps {
  readonly column: Pick<Column<never>, 'title' | 'isNumber' | 'isUntitled' | 'narrow'>
  readonly children: ReactNode
}

function Cell({ column, children }: CellProps): ReactNode {
  const { title, isNumber, isUntitled, narrow = isUntitled ? 'action' : 'fact' } = column
  return (
    <td
      data-narrow={narrow}
      data-blank={isBlank(children) || undefined}
      className={isNumber ? 'end' : undefined}
      data-title={isUntitled ? undefined : title}
    >
      {children}
    </td>
  )
}

function isBlank(cell: ReactNode): boolean {
  return cell === undefined || cell === null || cell === false || cell === '' || cell === '-'
}
