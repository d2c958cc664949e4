/** The mark: water that is held and let go. */

import type { ReactNode } from 'react'

export function Logo(): ReactNode {
  return (
    <svg width="28" height="28" viewBox="0 0 32 32" aria-hidden="true">
      <rect width="32" height="32" rx="7" fill="var(--fill)" />
      <path
        d="M5 12c4 0 4 3 8 3s4-3 8-3 4 3 6 3M5 20c4 0 4 3 8 3s4-3 8-3 4 3 6 3"
        fill="none"
        stroke="#fff"
        strokeWidth="2.6"
        strokeLinecap="round"
      />
    </svg>
  )
}
