/** Whether a list's form for a new thing is open: the address says so, so that it can be led to. */

import { useNavigate, useSearch } from '@tanstack/react-router'

export function useCreating(): readonly [isCreating: boolean, setCreating: (is: boolean) => void] {
  const search = useSearch({ strict: false })
  const navigate = useNavigate()
  const setCreating = (is: boolean) =>
    void navigate({ to: '.', replace: !is, search: is ? { create: 'new' } : {} } as Parameters<
      typeof navigate
    >[0])
  return [(search as { create?: string }).create === 'new', setCreating]
}
