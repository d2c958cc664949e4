/** The snippets, one at a time, with the real address and the fresh key in them. */

import { Button, CopyButton, NativeSelect } from '@mantine/core'
import { type ReactNode, useState } from 'react'
import '../ui/facts.css'
import { type SnippetParts, snippets } from './snippets.ts'

export function SnippetPicker({ parts }: { readonly parts: SnippetParts }): ReactNode {
  const [name, setName] = useState('curl')
  const snippet = snippets.find((one) => one.name === name) ?? snippets[0]!
  const text = snippet.text(parts)
  return (
    <>
      <div className="row">
        <NativeSelect
          size="xs"
          aria-label="Client"
          data={snippets.map((one) => one.name)}
          value={name}
          onChange={(event) => setName(event.currentTarget.value)}
        />
        <CopyButton value={text}>
          {({ copied, copy }) => (
            <Button variant="default" onClick={copy}>
              {copied ? 'Copied' : 'Copy'}
            </Button>
          )}
        </CopyButton>
        {snippet.install !== undefined && <code>{snippet.install}</code>}
      </div>
      <pre className="untrusted" tabIndex={0}>
        {text}
      </pre>
    </>
  )
}
