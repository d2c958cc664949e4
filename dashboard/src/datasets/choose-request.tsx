/** Puts a request among those that a suite is made of, or takes it out again. */

import { Button } from '@mantine/core'
import { Link } from '@tanstack/react-router'
import type { ReactNode } from 'react'
import { May } from '../session/may.tsx'
import { useChosenRequests } from './chosen-requests.ts'

export function ChooseRequest({ id }: { readonly id: string }): ReactNode {
  const { ids, add, remove } = useChosenRequests()
  return (
    <May call="POST /evals/datasets">
      {ids.includes(id) ? (
        <>
          <Link to="/evals/new">
            {ids.length === 1 ? '1 request chosen' : `${ids.length} requests chosen`}
          </Link>
          <Button variant="default" onClick={() => remove(id)}>
            Remove from dataset
          </Button>
        </>
      ) : (
        <Button variant="default" onClick={() => add(id)}>
          Add to dataset
        </Button>
      )}
    </May>
  )
}
