/** Says what of the address that the dashboard was opened with could not be read, and was left out. */

import { CloseButton } from '@mantine/core'
import { defaultParseSearch, useRouter, useRouterState } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { visible } from '../format/visible.ts'
import { useAnnounced } from '../ui/announcer.tsx'

export function AddressNotice(): ReactNode {
  const router = useRouter()
  const { id, path } = useRouterState({
    select: ({ matches, location }) => ({ id: matches.at(-1)?.routeId, path: location.pathname }),
    structuralSharing: true,
  })
  // Later addresses are the dashboard's own.
  const [first, setFirst] = useState<string | undefined>(path)
  if (path !== first || id === undefined) return null
  const read = router.routesById[id].options.validateSearch as
    | ((search: object) => Readonly<Record<string, unknown>>)
    | undefined
  const asked: Readonly<Record<string, unknown>> = defaultParseSearch(router.options.context.askedSearch)
  const found = read?.(asked) ?? {}
  const dropped = Object.keys(asked).filter((name) => name in found && found[name] === undefined)
  return dropped.length === 0 ? null : (
    <Dropped
      text={dropped.map((name) => visible(`${name}=${String(asked[name])}`.slice(0, 100))).join(', ')}
      onClose={() => setFirst(undefined)}
    />
  )
}

const leftOut = 'Left out of the address, for it could not be read:'

function Dropped({ text, onClose }: { readonly text: string; onClose(): void }): ReactNode {
  useAnnounced(`${leftOut} ${text}`)
  return (
    <div className="address-notice">
      <span>
        {leftOut} <code>{text}</code>
      </span>
      <CloseButton size="sm" aria-label="Close the notice" onClick={onClose} />
    </div>
  )
}
