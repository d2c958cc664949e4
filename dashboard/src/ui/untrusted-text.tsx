/** Text from outside: as text and nothing else, with characters that could deceive a reader written out. */

import { Button } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import { visible } from '../format/visible.ts'

const maxShown = 64 * 1024

/** Inline in its surroundings. */
export function UntrustedText({ text }: { readonly text: string }): ReactNode {
  return <span>{visible(text.slice(0, maxShown))}</span>
}

/** A block that keeps line breaks, and shows the rest of a long text on demand. */
export function UntrustedBlock({ text }: { readonly text: string }): ReactNode {
  const [isWhole, setWhole] = useState(false)
  const isLong = text.length > maxShown && !isWhole
  return (
    <>
      <pre className="untrusted" tabIndex={0}>
        {visible(isLong ? text.slice(0, maxShown) : text)}
      </pre>
      {isLong && (
        <Button variant="default" onClick={() => setWhole(true)}>
          Show more
        </Button>
      )}
    </>
  )
}
