/** The few pictures of the navigation, drawn here so that nothing is loaded for them. */

import type { ReactNode } from 'react'

const paths = {
  overview: 'M3 13h4v4H3zM8.5 8h4v9h-4zM14 3h4v14h-4z',
  requests: 'M3 5h15M3 10.5h15M3 16h9',
  spend:
    'M10.5 3v15M14.5 6.500c-.8-1.300-2.200-1.800-4-1.800-2.200 0-4 1-4 2.900 0 4 8 1.800 8 5.800 0 1.900-1.800 2.900-4 2.900-1.900 0-3.400-.6-4.200-2',
  alerts: 'M10.5 3a5 5 0 0 0-5 5v3l-1.5 3h13l-1.5-3V8a5 5 0 0 0-5-5zM9 17h3',
  keys: 'M12.5 8.5a4 4 0 1 0-3 3.9L11 14h2v2h2v2h3v-3l-5.6-5.2a4 4 0 0 0 .1-1.3zM8 8h.01',
  teams:
    'M7.5 10a3 3 0 1 0 0-6 3 3 0 0 0 0 6zM2 17c0-3 2.500-5 5.500-5s5.500 2 5.500 5M14 4.500a3 3 0 0 1 0 5.200M15 12.300c2.300.6 4 2.400 4 4.700',
  users:
    'M10.500 10a3.500 3.500 0 1 0 0-7 3.500 3.500 0 0 0 0 7zM4 18c0-3.500 3-6 6.500-6s6.500 2.500 6.500 6',
  providers: 'M3 4h15v5H3zM3 12h15v5H3zM6 6.500h.01M6 14.500h.01',
  evals: 'M3 10.500l4 4L18 4M3 18h15',
} as const

export type IconName = keyof typeof paths

export function Icon({ name }: { readonly name: IconName }): ReactNode {
  return (
    <svg width="18" height="18" viewBox="0 0 21 21" aria-hidden="true">
      <path
        d={paths[name]}
        fill="none"
        stroke="currentColor"
        strokeWidth="1.5"
        strokeLinecap="round"
        strokeLinejoin="round"
      />
    </svg>
  )
}
