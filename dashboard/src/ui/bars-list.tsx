/** Names with their amounts, the greatest first, each as a bar. */

import type { ReactNode } from 'react'
import { UntrustedText } from './untrusted-text.tsx'
import './bars-list.css'

export interface Bar {
  readonly id: string
  readonly name: string
  readonly value: number
  readonly told: string
  /** Around the name, such as the link to what it stands for. */
  readonly link?: (name: ReactNode) => ReactNode
}

export function BarsList({ bars }: { readonly bars: readonly Bar[] }): ReactNode {
  const top = Math.max(...bars.map(({ value }) => value), 0) || 1
  return (
    <ul className="bars-list">
      {bars.map(({ id, name, value, told, link }) => {
        const text = <UntrustedText text={name} />
        return (
          <li key={id}>
            <span className="clip">{link ? link(text) : text}</span>
            <span>{told}</span>
            <div aria-hidden="true" style={{ width: `${(100 * value) / top}%` }} />
          </li>
        )
      })}
    </ul>
  )
}
