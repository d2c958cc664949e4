/** The keys that lead to pages: `g`, then the page's letter. */

import { useNavigate, type LinkProps } from '@tanstack/react-router'
import { useEffect } from 'react'

const pages: Readonly<Record<string, LinkProps['to']>> = {
  o: '/overview',
  r: '/requests',
  s: '/spend',
  a: '/alerts',
  k: '/keys',
  p: '/providers',
  e: '/evals',
}

/** How long the second key may take. */
const waitMs = 1_500

export function useShortcuts(): void {
  const navigate = useNavigate()
  useEffect(() => {
    let leaderAtMs = -Infinity
    const onKey = (event: KeyboardEvent) => {
      if (event.ctrlKey || event.metaKey || event.altKey || isTyping(event.target)) return
      if (event.key === 'g') {
        leaderAtMs = event.timeStamp
        return
      }
      const to = event.timeStamp - leaderAtMs <= waitMs ? pages[event.key] : undefined
      leaderAtMs = -Infinity
      if (to !== undefined) void navigate({ to })
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [navigate])
}

function isTyping(target: EventTarget | null): boolean {
  return (
    target instanceof Element &&
    target.closest('input, textarea, select, [contenteditable], [role=dialog]') !== null
  )
}
