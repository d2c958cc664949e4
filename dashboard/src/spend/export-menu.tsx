/** Takes along what the page shows: its table, or the lines of the ledger that it sums up, as the gateway writes them. */

import { Button, Menu } from '@mantine/core'
import type { ReactNode } from 'react'
import type { UsageFilter } from '../api/usage.ts'
import { boundsOf, type Span } from '../ranges.ts'

const formats = [
  { format: 'csv', label: 'CSV', name: 'ledger.csv' },
  { format: 'jsonl', label: 'JSON Lines', name: 'ledger.jsonl' },
  { format: 'focus', label: 'FOCUS 1.2', name: 'focus.csv' },
] as const

const hourMs = 3_600_000

interface ExportMenuProps {
  readonly span: Span
  readonly where: UsageFilter
  readonly nowMs: number
  /** Absent while there is no table. */
  readonly saveTable?: (() => void) | undefined
}

export function ExportMenu({ span, where, nowMs, saveTable }: ExportMenuProps): ReactNode {
  const { fromMs, toMs } = boundsOf(span, nowMs)
  const addressOf = (format: string) => {
    const given = Object.entries(where).filter((pair): pair is [string, string] => pair[1] !== undefined)
    // The sums are of whole hours: so are the lines.
    const query = new URLSearchParams([
      ...given,
      ['from', String(Math.floor(fromMs / hourMs) * hourMs)],
      ['to', String(Math.ceil(toMs / hourMs) * hourMs)],
      ['format', format],
    ])
    return `/admin/v1/ledger/export?${query.toString()}`
  }
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default">Export</Button>
      </Menu.Target>
      <Menu.Dropdown>
        {saveTable && (
          <>
            <Menu.Label>This table</Menu.Label>
            <Menu.Item onClick={saveTable}>Table as CSV</Menu.Item>
            <Menu.Divider />
          </>
        )}
        <Menu.Label>Lines of the ledger</Menu.Label>
        {formats.map(({ format, label, name }) => (
          <Menu.Item key={format} component="a" href={addressOf(format)} download={name}>
            {label}
          </Menu.Item>
        ))}
      </Menu.Dropdown>
    </Menu>
  )
}
