/** One key: what may it do, what has it cost, and what did it ask last? */

import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { type ApiKey, nameOf, teamsQuery, usersQuery } from '../api/owners.ts'
import { formatCount, formatUsd } from '../format/number.ts'
import { DetailPage } from '../ui/detail-page.tsx'
import { type Fact, Facts } from '../ui/facts.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { When } from '../ui/when.tsx'
import { KeyMenu } from './key-menu.tsx'
import { KeyState } from './key-state.tsx'
import { LastRequests, OwnerPanels } from './owner-panels.tsx'

const route = getRouteApi('/keys/$id')

export function KeyPage(): ReactNode {
  const { id } = route.useParams()
  const key = useQuery({
    queryKey: ['keys', id],
    queryFn: ({ signal }) => ask('GET /keys/{id}', { params: { id }, signal }),
  })
  return (
    <DetailPage
      above={[{ label: 'Keys', link: { to: '/keys' } }]}
      kind="Key"
      name={key.data?.name ?? id}
      query={key}
      action={key.data && <KeyMenu shown={key.data} />}
    >
      {(found) => (
        <>
          <OwnerPanels
            scope="key"
            id={id}
            state={<KeyState shown={found} />}
            facts={<KeyFacts shown={found} />}
            limits={<KeyLimits shown={found} />}
          />
          <LastRequests scope="key" id={id} />
        </>
      )}
    </DetailPage>
  )
}

function KeyFacts({ shown }: { readonly shown: ApiKey }): ReactNode {
  const teams = useQuery(teamsQuery).data?.data
  const users = useQuery(usersQuery).data?.data
  const { id, team, user, models, clearances, data_region: region } = shown
  const list = (of: readonly string[] | undefined) =>
    of === undefined || of.length === 0 ? undefined : <UntrustedText text={of.join(', ')} />
  const when = (at: string | undefined) => (at === undefined ? undefined : <When at={at} />)
  const facts: Fact[] = [
    ['Id', <code key="id">{id}</code>],
    [
      'Team',
      team === undefined ? undefined : (
        <Link key="team" to="/teams/$id" params={{ id: team }}>
          {nameOf(teams, team)}
        </Link>
      ),
    ],
    [
      'User',
      user === undefined ? undefined : (
        <Link key="user" to="/users/$id" params={{ id: user }}>
          {nameOf(users, user)}
        </Link>
      ),
    ],
    ['Models', list(models) ?? 'all'],
    ['Cleared for', list(clearances)],
    ['Data stays in', region],
    ['Tags', list(shown.tags)],
    ['Created', when(shown.created_at) ?? `in the ${shown.source}`],
    ['Expires', when(shown.expires_at) ?? 'never'],
    ['Revoked', when(shown.revoked_at)],
    ['The old secret works until', when(shown.previous_secret_until)],
  ]
  return <Facts isList facts={facts} />
}

function KeyLimits({ shown }: { readonly shown: ApiKey }): ReactNode {
  const { limits, max_usd_per_request: maxUsd, allowed_addresses: addresses } = shown
  const most = (count: number | undefined) => (count === undefined ? 'no limit' : formatCount(count))
  return (
    <Facts
      isList
      facts={[
        ['Requests per minute', most(limits?.rpm)],
        ['Tokens per minute', most(limits?.tpm)],
        ['Requests at once', most(limits?.concurrency)],
        ['One request', maxUsd === undefined ? 'no limit' : formatUsd(Number(maxUsd))],
        ['Used from', addresses ? <UntrustedText key="from" text={addresses.join(', ')} /> : 'anywhere'],
      ]}
    />
  )
}
