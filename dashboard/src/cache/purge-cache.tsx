/** Deletes kept answers: all of them, or those of a destination or a tag. */

import { TextInput } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { useChange } from '../api/change.ts'
import { ask } from '../api/client.ts'
import { formatCount } from '../format/number.ts'
import { Confirm } from '../ui/confirm.tsx'

export function PurgeCache({ onClose }: { readonly onClose: () => void }): ReactNode {
  const [destination, setDestination] = useState('')
  const [tag, setTag] = useState('')
  const { data, isPending, error, mutate } = useChange({
    change: () => ask('DELETE /cache', { query: { destination: destination.trim(), tag: tag.trim() } }),
    stale: ['cache'],
  })
  if (data) {
    return (
      <Confirm
        title="Purge the cache"
        effect={`${formatCount(data.purged)} answers are deleted.`}
        verb="Done"
        isPending={false}
        error={null}
        onConfirm={onClose}
        onClose={onClose}
      />
    )
  }
  const isAll = destination.trim() === '' && tag.trim() === ''
  return (
    <Confirm
      title="Purge the cache"
      effect={
        <div className="stack">
          <p>{isAll ? 'Every kept answer is deleted.' : 'Kept answers that match are deleted.'}</p>
          <TextInput
            label="Destination"
            description="A route, or provider/model. Empty: all."
            value={destination}
            onChange={(event) => setDestination(event.currentTarget.value)}
          />
          <TextInput
            label="Tag"
            description="Of the request that brought the answer. Empty: all."
            value={tag}
            onChange={(event) => setTag(event.currentTarget.value)}
          />
        </div>
      }
      verb="Purge"
      typed="purge"
      isPending={isPending}
      error={error}
      onConfirm={mutate}
      onClose={onClose}
    />
  )
}
