/** Chooses the columns of the request list; this browser remembers them. */

import { Button, Checkbox, Popover } from '@mantine/core'
import { useLocalStorage } from '@mantine/hooks'
import type { ReactNode } from 'react'
import { firstColumns, type RequestColumn, requestColumns } from './columns.tsx'

export interface ColumnChoice {
  readonly columns: readonly RequestColumn[]
  choose(ids: readonly string[]): void
}

export function useColumns(): ColumnChoice {
  const [ids, setIds] = useLocalStorage<readonly string[]>({
    key: 'weir-request-columns',
    defaultValue: firstColumns,
    getInitialValueInEffect: false,
    deserialize: readIds,
  })
  return { columns: requestColumns.filter(({ id }) => ids.includes(id)), choose: setIds }
}

export function ColumnMenu({ columns, choose }: ColumnChoice): ReactNode {
  const ids = columns.map(({ id }) => id)
  return (
    <Popover position="bottom-end" trapFocus returnFocus>
      <Popover.Target>
        <Button variant="default">Columns</Button>
      </Popover.Target>
      <Popover.Dropdown>
        <div className="column-menu" role="group" aria-label="Columns">
          {requestColumns.map(({ id, title }) => (
            <Checkbox
              key={id}
              size="xs"
              label={title}
              checked={ids.includes(id)}
              onChange={(event) =>
                choose(event.currentTarget.checked ? [...ids, id] : ids.filter((other) => other !== id))
              }
            />
          ))}
          <Button variant="subtle" onClick={() => choose(firstColumns)}>
            As at first
          </Button>
        </div>
      </Popover.Dropdown>
    </Popover>
  )
}

/** What is kept may be of another version. */
function readIds(text: string | undefined): readonly string[] {
  try {
    const ids: unknown = JSON.parse(text ?? '')
    return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === 'string') : firstColumns
  } catch {
    return firstColumns
  }
}
