/** Shows the pages to whoever is signed in, and the way to sign in to everybody else. */

import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ApiError, ask } from '../api/client.ts'
import { signedInKey } from '../api/queries.ts'
import { LoadFault } from '../ui/load-fault.tsx'
import { SignInCard, SignInDialog } from './sign-in.tsx'

export function SessionGate({ children }: { readonly children: ReactNode }): ReactNode {
  const probe = useQuery({ queryKey: signedInKey, queryFn: probeSession, staleTime: Infinity })
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

async function probeSession(): Promise<boolean> {
  try {
    await ask('GET /alerts', { query: { limit: 1 } })
    return true
  } catch (error) {
    if (error instanceof ApiError && error.status === 401) return false
    throw error
  }
}
