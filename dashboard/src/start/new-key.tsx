/** Makes the first application's key, and shows it this once. */

import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { SecretBox } from '../ui/secret-box.tsx'

interface NewKeyProps {
  readonly secret: string | undefined
  onSecret(secret: string): void
}

export function NewKey({ secret, onSecret }: NewKeyProps): ReactNode {
  const queries = useQueryClient()
  const { isPending, error, mutate } = useMutation({
    mutationFn: () => ask('POST /keys', { body: { name: 'first application' } }),
    async onSuccess(key) {
      onSecret(key.secret)
      await queries.invalidateQueries({ queryKey: ['keys'] })
    },
  })
  if (secret !== undefined) return <SecretBox secret={secret} />
  return (
    <div className="row">
      <Button loading={isPending} onClick={() => mutate()}>
        Create a key
      </Button>
      {error && <span role="alert">{error.message}</span>}
    </div>
  )
}
