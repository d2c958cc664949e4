/** Each provider in a line: is it up, and which of its targets is not? */

import { Skeleton } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { providers } from '../api/shared-queries.ts'
import { standingOf } from '../api/provider-standing.ts'
import { LoadFault } from '../ui/load-fault.tsx'
import { Status } from '../ui/status.tsx'
import './provider-health.css'

export function ProviderHealth(): ReactNode {
  const { data, error, refetch } = useQuery(providers)
  if (error) return <LoadFault what="the providers" error={error} retry={() => void refetch()} />
  if (!data) return <Skeleton height={160} />
  return (
    <ul className="provider-health">
      {data.data.map((provider) => {
        const { tone, word } = standingOf(provider)
        return (
          <li key={provider.name}>
            <Link to="/providers" hash={provider.name}>
              {provider.name}
            </Link>
            <Status tone={tone}>{word}</Status>
          </li>
        )
      })}
    </ul>
  )
}
