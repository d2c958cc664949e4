/** The names of keys, teams and users, each leading to its page: the first column of their tables. */

import { Link } from '@tanstack/react-router'
import type { Column } from '../ui/data-table.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'

const pages = { key: '/keys/$id', team: '/teams/$id', user: '/users/$id' } as const

export function nameColumn<Thing extends { readonly id: string; readonly name: string }>(
  scope: keyof typeof pages,
): Column<Thing> {
  return {
    title: 'Name',
    order: { name: 'name', of: ({ name }) => name },
    text: ({ name }) => name,
    cell: ({ id, name }) => (
      <Link to={pages[scope]} params={{ id }}>
        <UntrustedText text={name} />
      </Link>
    ),
  }
}
