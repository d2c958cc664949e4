/** What may be done with a key, and the dialogs that do it. */

import { type ReactNode, useState } from 'react'
import { useQuery } from '@tanstack/react-query'
import { type ApiKey, usersQuery } from '../api/owners.ts'
import { meQuery } from '../session/me.ts'
import { RowMenu } from '../ui/row-menu.tsx'
import { EditKey } from './key-forms.tsx'
import { RevokeKey } from './revoke-key.tsx'
import { mayChangeKey } from './rights.ts'
import { RotateKey } from './rotate-key.tsx'

export function KeyMenu({ shown }: { readonly shown: ApiKey }): ReactNode {
  const me = useQuery(meQuery).data
  const users = useQuery(usersQuery).data?.data ?? []
  const [verb, setVerb] = useState<'edit' | 'rotate' | 'revoke'>()
  const end = () => setVerb(undefined)
  // What the configuration declares is changed there, and a revoked key stays so.
  const isFixed = shown.source === 'configuration' || shown.status === 'revoked'
  if (isFixed || !me || !mayChangeKey(me, shown, users)) return null
  return (
    <>
      <RowMenu
        of={shown.name}
        actions={[
          { label: 'Edit…', run: () => setVerb('edit') },
          { label: 'Rotate…', run: () => setVerb('rotate') },
          { label: 'Revoke…', isDanger: true, run: () => setVerb('revoke') },
        ]}
      />
      {verb === 'edit' && <EditKey edited={shown} onClose={end} />}
      {verb === 'rotate' && <RotateKey rotated={shown} onClose={end} />}
      {verb === 'revoke' && <RevokeKey revoked={shown} onClose={end} />}
    </>
  )
}
