/** What people call the teams and users that sums, records and acts name by their ids. */

import { useQuery } from '@tanstack/react-query'
import { useMay } from '../session/me.ts'
import { nameOf, teamsQuery, usersQuery } from './owners.ts'

/** Gives the name of the team or the user of that id; the id itself where nobody is known by it, or of what else is named. */
export function useOwnerNames(): (scope: string, id: string) => string {
  const teams = useQuery({ ...teamsQuery, enabled: useMay('GET /teams') }).data?.data
  const users = useQuery({ ...usersQuery, enabled: useMay('GET /users') }).data?.data
  return (scope, id) => {
    if (scope === 'team') return nameOf(teams, id)
    return scope === 'user' ? nameOf(users, id) : id
  }
}
