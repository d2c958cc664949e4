/** Keys, teams and users as the pages of access ask for them. */

import { queryOptions } from '@tanstack/react-query'
import { ask, type Item } from './client.ts'
import { visible } from '../format/visible.ts'

export type ApiKey = Item<'GET /keys'>
export type Team = Item<'GET /teams'>
export type User = Item<'GET /users'>

const limit = 1_000

export const keysQuery = queryOptions({
  queryKey: ['keys'],
  queryFn: ({ signal }) => ask('GET /keys', { query: { limit }, signal }),
})

export const teamsQuery = queryOptions({
  queryKey: ['teams'],
  queryFn: ({ signal }) => ask('GET /teams', { query: { limit }, signal }),
})

export const usersQuery = queryOptions({
  queryKey: ['users'],
  queryFn: ({ signal }) => ask('GET /users', { query: { limit }, signal }),
})

/** The name of the owner with this id, the id where it is not known, or a dash where there is none. */
export function nameOf(
  owners: readonly { readonly id: string; readonly name: string }[] | undefined,
  id: string | undefined,
): string {
  if (id === undefined) return '-'
  return visible(owners?.find((owner) => owner.id === id)?.name ?? id)
}
