/** Who is signed in, how the dashboard looks to them, and the way out. */

import { ActionIcon, Menu, useMantineColorScheme } from '@mantine/core'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { lazy, type ReactNode, Suspense, useState } from 'react'
import { type Reply, signOut } from '../api/client.ts'
import { signedInKey } from '../api/queries.ts'
import { meQuery } from '../session/me.ts'
import { UntrustedText } from '../ui/untrusted-text.tsx'

const ChangePassword = lazy(async () => ({ default: (await import('./change-password.tsx')).ChangePassword }))

interface AccountMenuProps {
  /** Shows the keys of the dashboard. */
  onKeys(): void
}

export function AccountMenu({ onKeys }: AccountMenuProps): ReactNode {
  const queries = useQueryClient()
  const me = useQuery(meQuery)
  const [isChanging, setChanging] = useState(false)
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const leave = async () => {
    await signOut()
    queries.clear()
    queries.setQueryData(signedInKey, false)
    location.assign('/')
  }
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={32} aria-label="Account and appearance">
            <svg width="16" height="16" viewBox="0 0 16 16" aria-hidden="true">
              <circle cx="8" cy="5" r="3" fill="none" stroke="currentColor" strokeWidth="1.4" />
              <path d="M2 15c0-3 2.700-5 6-5s6 2 6 5" fill="none" stroke="currentColor" strokeWidth="1.4" />
            </svg>
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>
            <UntrustedText text={me.data?.user?.name ?? 'Administrator'} />, {rolesText(me.data)}
          </Menu.Label>
          <Menu.Divider />
          <Menu.Label>Appearance</Menu.Label>
          {(['light', 'dark', 'auto'] as const).map((scheme) => (
            <Menu.Item
              key={scheme}
              role="menuitemradio"
              aria-checked={colorScheme === scheme}
              rightSection={colorScheme === scheme ? '✓' : undefined}
              onClick={() => setColorScheme(scheme)}
            >
              {{ light: 'Light', dark: 'Dark', auto: 'As the system' }[scheme]}
            </Menu.Item>
          ))}
          <Menu.Divider />
          <Menu.Item onClick={onKeys}>Keys of the keyboard…</Menu.Item>
          {me.data?.user?.signs_in_by === 'password' && (
            <Menu.Item onClick={() => setChanging(true)}>Change password…</Menu.Item>
          )}
          <Menu.Item onClick={() => void leave()}>Sign out</Menu.Item>
        </Menu.Dropdown>
      </Menu>
      <Suspense fallback={null}>
        {isChanging && <ChangePassword onClose={() => setChanging(false)} />}
      </Suspense>
    </>
  )
}

/** Each role once; one in a team says so. */
function rolesText(me: Reply<'GET /me'> | undefined): string {
  const texts = me?.roles.map(({ role, team }) => (team === undefined ? role : `${role} of a team`)) ?? []
  return [...new Set(texts)].join(', ')
}
