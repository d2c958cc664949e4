/** Whose things the page shows: those of one team, or all. Nothing on pages that are not told by team, and where there is none. */

import { NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { useNavigate, useRouterState, useSearch } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { teamsQuery } from '../api/owners.ts'
import { visible } from '../format/visible.ts'
import { useMay } from '../session/me.ts'

/** `className` says where there is room for it. */
export function TeamSwitch({ className }: { readonly className: string }): ReactNode {
  const isByTeam = useRouterState({ select: ({ matches }) => matches.at(-1)?.staticData.isByTeam === true })
  const teams = useQuery({ ...teamsQuery, enabled: useMay('GET /teams') && isByTeam }).data?.data ?? []
  const { team = '' } = useSearch({ strict: false }) as { readonly team?: string }
  const navigate = useNavigate()
  if (!isByTeam || (teams.length === 0 && team === '')) return null
  const known = [
    { value: '', label: 'All teams' },
    ...teams.map(({ id, name }) => ({ value: id, label: visible(name) })),
  ]
  // An address may name several, or none of some.
  const isKnown = known.some(({ value }) => value === team)
  return (
    <NativeSelect
      className={className}
      size="xs"
      aria-label="Team"
      value={team}
      data={isKnown ? known : [...known, { value: team, label: visible(team) }]}
      onChange={({ currentTarget: { value } }) =>
        void navigate({
          to: '.',
          search: ((before: object) => ({ ...before, team: value === '' ? undefined : value })) as never,
          resetScroll: false,
        })
      }
    />
  )
}
