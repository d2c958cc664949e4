/** Takes the requests of a selection along: all of them, as the gateway writes them. */

import { Button, Menu } from '@mantine/core'
import type { ReactNode } from 'react'
import { filterQuery, type Filters } from './filters.ts'
import { boundsOf, isLive, type Span } from '../ranges.ts'

const formats = [
  { format: 'csv', label: 'CSV' },
  { format: 'jsonl', label: 'JSON Lines' },
] as const

export function ExportMenu({ span, filters }: { readonly span: Span; readonly filters: Filters }): ReactNode {
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default">Export</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {formats.map(({ format, label }) => (
          <Menu.Item key={format} onClick={() => save(format, addressOf(format, span, filters))}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}

function addressOf(format: string, span: Span, filters: Filters): string {
  const { fromMs, toMs } = boundsOf(span, Date.now())
  const query = { ...filterQuery(filters), from: fromMs, ...(!isLive(span) && { to: toMs }), format }
  const pairs = Object.entries(query).map(([name, value]) => [name, String(value)])
  return `/admin/v1/requests/export?${new URLSearchParams(pairs).toString()}`
}

/** The browser takes it from the gateway as it is written, however long it is. */
function save(format: string, address: string): void {
  const link = document.createElement('a')
  link.href = address
  link.download = `requests.${format}`
  link.click()
}
