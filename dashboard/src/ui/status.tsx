/** A state in icon, word and colour, so that none of the three has to be seen. */

import type { ReactNode } from 'react'
import './status.css'

export type Tone = 'ok' | 'warn' | 'bad' | 'info' | 'none'

const signs: Readonly<Record<Tone, string>> = { ok: '✓', warn: '!', bad: '✕', info: 'i', none: '·' }

export function Status({ tone, children }: { readonly tone: Tone; readonly children: ReactNode }): ReactNode {
  return (
    <span className="status" data-tone={tone}>
      <span aria-hidden="true">{signs[tone]}</span>
      {children}
    </span>
  )
}
