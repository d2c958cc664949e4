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
  sessions: 'M3 4h12v8H8l-4 3v-3H3zM17.500 8v7h-1v3l-4-3H9',
  budgets: 'M3 6h15v10H3zM3 9.500h15M6 13h4',
  routes:
    'M4 16h3c5 0 3-11 8-11h3M15 2.500L18 5l-3 2.500M15 13.500l3 2.500-3 2.500M9 10.500c1 4 2 5.500 6 5.500h3',
  cache:
    'M3.500 6c0-3.500 14-3.500 14 0s-14 3.500-14 0zM3.500 6v9c0 3.500 14 3.500 14 0V6M3.500 10.500c0 3.500 14 3.500 14 0',
  models: 'M10.500 2.500l7 4v8l-7 4-7-4v-8zM3.500 6.500l7 4 7-4M10.500 10.500v8',
  playground: 'M6 3.500l11 7-11 7z',
  drift: 'M3 12c3-8 5-8 7.500 0s4.500 8 7.500 0M3 17.500h15',
  batches: 'M3 5h11v11H3zM6.500 5V2.500H18v11h-4',
  audit: 'M10.500 2.500l7 2.500v5c0 4.500-3 7-7 8.500-4-1.500-7-4-7-8.500V5zM7.500 10l2.500 2.500 4-4.500',
  guardrails: 'M3 17.500V7M10.500 17.500V7M18 17.500V7M3 10h15M3 14h15M3 7l1.500-3M10.500 7L12 4M18 7l1-3',
  experiments: 'M8 3h5M9 3v6l-5 8.500h13L12 9V3M6.500 13h8',
  shadow: 'M3 4h10v10H3zM7 17.500h11V8',
  settings: 'M3 6h9M16 6h2M3 15h2M9 15h9M14 4v4M7 13v4',
  welcome: 'M4 18V3h11l-2.500 4 2.500 4H4',
  evals: 'M3 10.500l4 4L18 4M3 18h15',
  range: 'M10.500 18a7.500 7.500 0 1 0 0-15 7.500 7.500 0 0 0 0 15zM10.500 6v4.500l3 2',
  link: 'M9 12a3.500 3.500 0 0 0 5 0l3-3a3.500 3.500 0 0 0-5-5l-1 1M12 9a3.500 3.500 0 0 0-5 0l-3 3a3.500 3.500 0 0 0 5 5l1-1',
  fold: 'M3 4h15v13H3zM8 4v13M14 8l-2.5 2.5L14 13',
  unfold: 'M3 4h15v13H3zM8 4v13M11.500 8l2.500 2.500-2.500 2.500',
  back: 'M5 13l5.500-5.500L16 13',
  on: 'M5 8l5.500 5.500L16 8',
  more: 'M5 10.500h.01M10.500 10.500h.01M16 10.500h.01',
  done: 'M4 11l4.500 4.500L17.500 6',
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
