/**
 * The keys that work on every page: Ctrl-K opens the palette, `?` tells the keys, `g` and a letter leads to a page, `j`
 * and `k` move among rows, `t` leads to the range, `l` holds the page and lets it go on, `y` copies the link.
 */

import { useNavigate } from '@tanstack/react-router'
import { useEffect } from 'react'
import { places } from './places.ts'
import { moveAmongRows, openRange } from './row-keys.ts'
import { isSingleKey } from '../ui/single-keys.ts'

export type Overlay = 'palette' | 'help'

/** How long the second key may take. */
const waitMs = 1_500

interface ShortcutActs {
  open(overlay: Overlay): void
  copy(href: string): void
  toggleLive(): void
}

/** Each of them must stay the same between renders. */
export function useShortcuts({ open, copy, toggleLive }: ShortcutActs): void {
  const navigate = useNavigate()
  useEffect(() => {
    let leaderAtMs = -Infinity
    const onKey = (event: KeyboardEvent) => {
      if (event.key === 'k' && (event.ctrlKey || event.metaKey)) {
        event.preventDefault()
        open('palette')
        return
      }
      if (!isSingleKey(event)) return
      if (event.key === '?') open('help')
      if (event.key === 'y') copy(location.href)
      if (event.key === 't') openRange()
      if (event.key === 'l') toggleLive()
      if (event.key === 'g') {
        leaderAtMs = event.timeStamp
        return
      }
      const isSecond = event.timeStamp - leaderAtMs <= waitMs
      const place = isSecond ? places.find(({ letter }) => letter === event.key) : undefined
      leaderAtMs = -Infinity
      if (!isSecond && (event.key === 'j' || event.key === 'k')) moveAmongRows(event.key === 'j' ? 1 : -1)
      if (place) void navigate({ to: place.to })
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [navigate, open, copy, toggleLive])
}
