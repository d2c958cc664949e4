/** Picks a team or a user, or none. */

import { NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { visible } from '../format/visible.ts'
import type { teamsQuery, usersQuery } from '../api/owners.ts'

interface OwnerSelectProps {
  readonly label: string
  readonly query: typeof teamsQuery | typeof usersQuery
  /** Its id; empty for none. */
  readonly value: string
  onChange(id: string): void
}

export function OwnerSelect({ label, query, value, onChange }: OwnerSelectProps): ReactNode {
  const { data } = useQuery(query as typeof teamsQuery)
  return (
    <NativeSelect
      label={label}
      data={[
        { value: '', label: 'None' },
        ...(data?.data ?? []).map(({ id, name }) => ({ value: id, label: visible(name) })),
      ]}
      value={value}
      onChange={(event) => onChange(event.currentTarget.value)}
    />
  )
}
