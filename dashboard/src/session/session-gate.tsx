/** Shows the pages to whoever is signed in, the way to sign in to everybody else, and invitations to whoever has one. */

import { type QueryClient, useQuery, useQueryClient } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ApiError } from '../api/client.ts'
import { signedInKey } from '../api/queries.ts'
import { LoadFault } from '../ui/load-fault.tsx'
import { InvitationCard } from './invitation.tsx'
import { meQuery } from './me.ts'
import { SignInCard, SignInDialog } from './sign-in.tsx'

interface Props {
  readonly children: ReactNode
}

export function SessionGate({ children }: Props): ReactNode {
  return location.pathname === '/invitation' ? <InvitationCard /> : <Gate>{children}</Gate>
}

function Gate({ children }: Props): ReactNode {
  const queries = useQueryClient()
  const probe = useQuery({ queryKey: signedInKey, queryFn: () => probeSession(queries), staleTime: Infinity })
  const [wasSignedIn, setWasSignedIn] = useState(false)
  if (probe.data === true && !wasSignedIn) setWasSignedIn(true)
  if (wasSignedIn) {
    // A session that ends while somebody works takes nothing away: the dialog stands above the page.
    return (
      <>
        {children}
        {probe.data === false && <SignInDialog />}
      </>
    )
  }
  if (probe.error)
    return <LoadFault what="the dashboard" error={probe.error} retry={() => void probe.refetch()} />
  return probe.data === false ? <SignInCard /> : null
}

async function probeSession(queries: QueryClient): Promise<boolean> {
  try {
    await queries.query({ ...meQuery, staleTime: 0 })
    return true
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return false
    throw error
  }
}
