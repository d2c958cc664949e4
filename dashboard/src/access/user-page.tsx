/** One user: who are they here, what are theirs, and what have they cost? */

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask, type Reply } from '../api/client.ts'
import { nameOf, teamsQuery } from '../api/owners.ts'
import { DetailPage } from '../ui/detail-page.tsx'
import { type Fact, Facts } from '../ui/facts.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { KeysOf } from './keys-of.tsx'
import { LastRequests, OwnerPanels } from './owner-panels.tsx'
import { UserMenu } from './user-menu.tsx'
import { rolesText, signInText } from './user-texts.ts'

const route = getRouteApi('/users/$id')

export function UserPage(): ReactNode {
  const { id } = route.useParams()
  const user = useQuery({
    queryKey: ['users', id],
    queryFn: ({ signal }) => ask('GET /users/{id}', { params: { id }, signal }),
  })
  return (
    <DetailPage
      above={[{ label: 'Users', link: { to: '/users' } }]}
      kind="User"
      name={user.data?.name ?? id}
      query={user}
      action={user.data && <UserMenu user={user.data} />}
    >
      {(found) => (
        <>
          <OwnerPanels scope="user" id={id} facts={<UserFacts user={found} />} />
          <KeysOf owner={{ user: id }} />
          <LastRequests scope="user" id={id} />
        </>
      )}
    </DetailPage>
  )
}

function UserFacts({ user }: { readonly user: Reply<'GET /users/{id}'> }): ReactNode {
  const teams = useQuery(teamsQuery).data?.data
  const { id, email, team, roles, created_at: createdAt, ceiling } = user
  const facts: Fact[] = [
    ['Id', <code key="id">{id}</code>],
    ['E-mail', email === undefined ? undefined : <UntrustedText key="email" text={email} />],
    [
      'Team',
      team === undefined ? undefined : (
        <Link key="team" to="/teams/$id" params={{ id: team }}>
          {nameOf(teams, team)}
        </Link>
      ),
    ],
    ['Roles', rolesText(roles, teams)],
    ['Signs in', signInText(user)],
    ['Keys hold at most', ceiling && <UntrustedText key="ceiling" text={JSON.stringify(ceiling)} />],
    ['Created', <When key="created" at={createdAt} />],
  ]
  return <Facts isList facts={facts} />
}
