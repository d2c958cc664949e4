/** Makes the first application's key, and shows it this once. */

import { Button } from '@mantine/core'
import { useMutation, useQueryClient } from '@tanstack/react-query'
import type { ReactNode } from 'react'
import { ask } from '../api/client.ts'
import { useMay } from '../session/me.ts'
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
  const may = useMay('POST /keys')
  if (secret !== undefined) return <SecretBox secret={secret} />
  if (!may) return <p>Your role makes no keys. Ask an owner or administrator for one.</p>
  return (
    <div className="row">
      <Button loading={isPending} onClick={() => mutate()}>
        Create a key
      </Button>
      {error && <span role="alert">{error.message}</span>}
    </div>
  )
}
