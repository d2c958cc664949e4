/** Whose a request is: by name where the user or the team is known here, marked where only the caller says so. */

import { useQuery } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { nameOf, teamsQuery, usersQuery } from '../api/owners.ts'
import { useMay } from '../session/me.ts'
import { UntrustedText } from '../ui/untrusted-text.tsx'

export function TeamCell({ team }: { readonly team: string }): ReactNode {
  const teams = useQuery({ ...teamsQuery, enabled: useMay('GET /teams') })
  return nameOf(teams.data?.data, team)
}

interface UserCellProps {
  readonly user: string
  readonly isClaimed: boolean
}

export function UserCell({ user, isClaimed }: UserCellProps): ReactNode {
  const users = useQuery({ ...usersQuery, enabled: useMay('GET /users') && !isClaimed })
  if (!isClaimed) return nameOf(users.data?.data, user)
  return (
    <>
      <UntrustedText text={user} />{' '}
      <small className="claimed" title="The caller says so; nobody has vouched for it.">
        claimed
      </small>
    </>
  )
}
