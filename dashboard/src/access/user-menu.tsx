/** What may be done with a user, and the dialogs that do it. */

import { useQuery } from '@tanstack/react-query'
import { type ReactNode, useState } from 'react'
import { ask } from '../api/client.ts'
import type { User } from '../api/owners.ts'
import { meQuery, useMay } from '../session/me.ts'
import { type RowAction, RowMenu } from '../ui/row-menu.tsx'
import { AccountForm } from './account-form.tsx'
import { EndAccount } from './end-account.tsx'
import { ForgetUser } from './forget-user.tsx'
import { InviteUser } from './invite-user.tsx'
import { RemoveOwner } from './remove-owner.tsx'
import { mayChangeUser } from './rights.ts'
import { UserForm } from './user-form.tsx'

type Verb = 'edit' | 'account' | 'invite' | 'end' | 'forget' | 'remove'

export function UserMenu({ user }: { readonly user: User }): ReactNode {
  const me = useQuery(meQuery).data
  const mayForget = useMay('POST /forget')
  const [verb, setVerb] = useState<Verb>()
  const whole = useQuery({
    queryKey: ['users', user.id],
    queryFn: ({ signal }) => ask('GET /users/{id}', { params: { id: user.id }, signal }),
    enabled: verb === 'account',
  })
  const end = () => setVerb(undefined)
  if (!me || !mayChangeUser(me, user)) return null
  const hasAccount = user.roles !== undefined
  const action = (of: Verb, label: string): RowAction => ({ label, run: () => setVerb(of) })
  return (
    <>
      <RowMenu
        of={user.name}
        actions={[
          action('edit', 'Edit…'),
          action('account', hasAccount ? 'Change roles…' : 'Let them sign in…'),
          ...(hasAccount ? [action('invite', 'Invite…'), action('end', 'End the account…')] : []),
          ...(mayForget ? [{ ...action('forget', 'Forget what they said…'), isDanger: true }] : []),
          { ...action('remove', 'Remove…'), isDanger: true },
        ]}
      />
      {verb === 'edit' && <UserForm user={user} onClose={end} />}
      {verb === 'account' && whole.data && <AccountForm me={me} user={whole.data} onClose={end} />}
      {verb === 'invite' && <InviteUser user={user} onClose={end} />}
      {verb === 'end' && <EndAccount user={user} onClose={end} />}
      {verb === 'forget' && <ForgetUser user={user} onClose={end} />}
      {verb === 'remove' && <RemoveOwner kind="users" owner={user} onClose={end} />}
    </>
  )
}
