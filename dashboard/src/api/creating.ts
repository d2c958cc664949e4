/** Whether a list's form for a new thing is open: the address says so, so that it can be led to. */

import { useNavigate, useSearch } from '@tanstack/react-router'

export function useCreating(): readonly [isCreating: boolean, setCreating: (is: boolean) => void] {
  const search = useSearch({ strict: false })
  const navigate = useNavigate()
  const setCreating = (is: boolean) => {
    const search = (before: object) => ({ ...before, create: is ? 'new' : undefined })
    void navigate({ to: '.', replace: !is, search: search as never })
  }
  return [(search as { create?: string }).create === 'new', setCreating]
}
