/** A secret that is shown once, with the way to copy it. */

import { Button, CopyButton } from '@mantine/core'
import type { ReactNode } from 'react'
import './secret-box.css'

interface SecretBoxProps {
  readonly secret: string
  readonly what?: string
}

export function SecretBox({ secret, what = 'key' }: SecretBoxProps): ReactNode {
  return (
    <div className="stack">
      <strong>Copy this {what} now. It cannot be shown again.</strong>
      <div className="secret-box">
        <code>{secret}</code>
        <CopyButton value={secret}>
          {({ copied, copy }) => <Button onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}
        </CopyButton>
      </div>
    </div>
  )
}
