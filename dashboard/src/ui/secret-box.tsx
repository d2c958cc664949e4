/** A secret that is shown once, with the way to copy it. */

import { Button, CopyButton } from '@mantine/core'
import type { ReactNode } from 'react'
import './secret-box.css'

export function SecretBox({ secret }: { readonly secret: string }): ReactNode {
  return (
    <div className="stack">
      <strong>Copy this key now. It cannot be shown again.</strong>
      <div className="secret-box">
        <code>{secret}</code>
        <CopyButton value={secret}>
          {({ copied, copy }) => <Button onClick={copy}>{copied ? 'Copied' : 'Copy'}</Button>}
        </CopyButton>
      </div>
    </div>
  )
}
