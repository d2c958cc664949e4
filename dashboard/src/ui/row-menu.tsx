/** What can be done with one row of a table, or with what a page is of. */

import { ActionIcon, Menu } from '@mantine/core'
import type { ReactNode } from 'react'
import { Icon } from './icon.tsx'
import './row-menu.css'

export interface RowAction {
  readonly label: string
  readonly isDanger?: boolean
  run(): void
}

/** `of` is the row's name, for whoever does not see the table. */
export function RowMenu({
  of,
  actions,
}: {
  readonly of: string
  readonly actions: readonly RowAction[]
}): ReactNode {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <ActionIcon variant="subtle" className="row-menu" size={30} aria-label={`Actions for ${of}`}>
          <Icon name="more" />
        </ActionIcon>
      </Menu.Target>
      <Menu.Dropdown>
        {actions.map(({ label, isDanger, run }) => (
          <Menu.Item key={label} onClick={run} {...(isDanger && { color: 'red' })}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
