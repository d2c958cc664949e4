/** The requests that somebody chooses for a suite. This browser remembers their ids: what they say stays with the gateway. */

import { useLocalStorage } from '@mantine/hooks'

export interface ChosenRequests {
  readonly ids: readonly string[]
  add(id: string): void
  remove(id: string): void
  clear(): void
}

/** What the gateway makes a suite of at once. */
export const mostChosen = 500

export function useChosenRequests(): ChosenRequests {
  const [ids, setIds] = useLocalStorage<readonly string[]>({
    key: 'weir-chosen-requests',
    defaultValue: [],
    getInitialValueInEffect: false,
    deserialize: readIds,
  })
  const without = (id: string) => ids.filter((other) => other !== id)
  return {
    ids,
    add: (id) => setIds([...without(id), id].slice(-mostChosen)),
    remove: (id) => setIds(without(id)),
    clear: () => setIds([]),
  }
}

/** What is kept may be of another version. */
function readIds(text: string | undefined): readonly string[] {
  try {
    const ids: unknown = JSON.parse(text ?? '[]')
    return Array.isArray(ids) ? ids.filter((id): id is string => typeof id === 'string') : []
  } catch {
    return []
  }
}
