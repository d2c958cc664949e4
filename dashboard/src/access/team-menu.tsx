/** What may be done with a team, and the dialogs that do it. */

import { type ReactNode, useState } from 'react'
import type { Team } from '../api/owners.ts'
import { May } from '../session/may.tsx'
import { RowMenu } from '../ui/row-menu.tsx'
import { RemoveOwner } from './remove-owner.tsx'
import { TeamForm } from './team-form.tsx'

export function TeamMenu({ team }: { readonly team: Team }): ReactNode {
  const [verb, setVerb] = useState<'edit' | 'remove'>()
  const end = () => setVerb(undefined)
  return (
    <May call="PATCH /teams/{id}">
      <RowMenu
        of={team.name}
        actions={[
          { label: 'Edit…', run: () => setVerb('edit') },
          { label: 'Remove…', isDanger: true, run: () => setVerb('remove') },
        ]}
      />
      {verb === 'edit' && <TeamForm team={team} onClose={end} />}
      {verb === 'remove' && <RemoveOwner kind="teams" owner={team} onClose={end} />}
    </May>
  )
}
