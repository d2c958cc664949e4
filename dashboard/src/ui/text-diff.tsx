/** Two texts from outside as one, with what is gone and what has come. */

import type { ReactNode } from 'react'
import { visible } from '../format/visible.ts'
import { wordDiff } from './word-diff.ts'
import './facts.css'
import './text-diff.css'

interface TextDiffProps {
  readonly label: string
  readonly before: string
  readonly after: string
}

export function TextDiff({ label, before, after }: TextDiffProps): ReactNode {
  return (
    <pre className="untrusted text-diff" tabIndex={0} role="region" aria-label={label}>
      {wordDiff(before, after).map(({ kind, text }, index) => {
        const shown = visible(text)
        if (kind === 'same') return shown
        return kind === 'gone' ? <del key={index}>{shown}</del> : <ins key={index}>{shown}</ins>
      })}
    </pre>
  )
}
