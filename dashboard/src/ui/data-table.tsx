/** A table of things: named columns where there is room, and a list of cards where there is not. */

import type { ReactNode } from 'react'
import './data-table.css'

export interface Column<Thing> {
  readonly title: string
  readonly isNumber?: boolean
  /** The title is for screen readers only, as over buttons. */
  readonly isUntitled?: boolean
  cell(thing: Thing): ReactNode
  /** How it reads in an export, where the cell is no plain text. */
  text?(thing: Thing): string
  /** Of all rows, below them. */
  readonly total?: ReactNode
  /**
   * Where there is little room: the number beside the name, a line of its own, a dimmed fact, a button, or nowhere. All
   * columns of a table but the first say it, or none does: then each has a line.
   */
  readonly narrow?: 'main' | 'line' | 'fact' | 'action' | 'none'
}

interface DataTableProps<Thing> {
  readonly caption: string
  readonly columns: readonly Column<Thing>[]
  readonly things: readonly Thing[]
  idOf(thing: Thing): string
}

export function DataTable<Thing>({ caption, columns, things, idOf }: DataTableProps<Thing>): ReactNode {
  const hasLines = columns.some(({ narrow }) => narrow !== undefined)
  return (
    <table className="data-table" data-lines={hasLines}>
      <caption className="only-read">{caption}</caption>
      <thead>
        <tr>
          {columns.map(({ title, isNumber, isUntitled }) => (
            <th key={title} scope="col" className={isNumber ? 'end' : undefined}>
              {isUntitled ? <span className="only-read">{title}</span> : title}
            </th>
          ))}
        </tr>
      </thead>
      <tbody>
        {things.map((thing) => (
          <tr key={idOf(thing)}>
            {columns.map(({ title, isNumber, isUntitled, narrow, cell }) => (
              <td
                key={title}
                data-narrow={narrow}
                className={isNumber ? 'end' : undefined}
                data-title={isUntitled ? undefined : title}
              >
                {cell(thing)}
              </td>
            ))}
          </tr>
        ))}
      </tbody>
      {columns.some(({ total }) => total !== undefined) && (
        <tfoot>
          <tr>
            {columns.map(({ title, isNumber, isUntitled, narrow, total }, index) =>
              index === 0 ? (
                <th key={title} scope="row">
                  {total}
                </th>
              ) : (
                <td
                  key={title}
                  data-narrow={narrow}
                  className={isNumber ? 'end' : undefined}
                  data-title={isUntitled ? undefined : title}
                >
                  {total}
                </td>
              ),
            )}
          </tr>
        </tfoot>
      )}
    </table>
  )
}
