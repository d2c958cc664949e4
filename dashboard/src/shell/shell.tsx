/** What stands around every page: the navigation, the state of the live feed, and the account. */

import { ActionIcon, AppShell, Burger, Button, Kbd, Menu, useMantineColorScheme } from '@mantine/core'
import { useDisclosure } from '@mantine/hooks'
import { useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useNavigate, useRouterState } from '@tanstack/react-router'
import { lazy, Suspense, useCallback, useEffect, type ReactNode, useState } from 'react'
import { type Reply, signOut } from '../api/client.ts'
import { useOpenFeed } from '../api/live-feed-context.ts'
import { signedInKey } from '../api/queries.ts'
import { meQuery } from '../session/me.ts'
import { Logo } from '../ui/logo.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { FeedSign } from './feed-sign.tsx'
import { Navigation } from './navigation.tsx'
import { type Overlay, useShortcuts } from './shortcuts.ts'
import './shell.css'

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }))
const Help = lazy(async () => ({ default: (await import('./help.tsx')).Help }))

export function Shell(): ReactNode {
  const [isOpen, { toggle, close }] = useDisclosure()
  const queries = useQueryClient()
  const refetch = useCallback(() => void queries.invalidateQueries(), [queries])
  const me = useQuery(meQuery)
  const seesTraffic = me.data?.may.includes('traffic:read') ?? false
  useOpenFeed(refetch, seesTraffic)
  const [overlay, setOverlay] = useState<Overlay>()
  const closeOverlay = () => setOverlay(undefined)
  useShortcuts(setOverlay)
  const path = useRouterState({ select: ({ location }) => location.pathname })
  useEffect(close, [path, close])
  // A role in a team begins with what it sees.
  const isLost = me.data !== undefined && !seesTraffic && path === '/overview'
  const navigate = useNavigate()
  useEffect(() => void (isLost && navigate({ to: '/keys' })), [isLost, navigate])
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: 208, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding={0}
    >
      <a className="skip" href="#content">
        Skip to the content
      </a>
      <AppShell.Header className="shell-header">
        <Burger
          opened={isOpen}
          onClick={toggle}
          hiddenFrom="sm"
          size="sm"
          aria-label={isOpen ? 'Close the navigation' : 'Open the navigation'}
        />
        <Link to="/overview" className="shell-brand" aria-label="Weir, overview">
          <Logo />
          <span>Weir</span>
        </Link>
        <div className="row shell-end">
          <Button variant="default" className="shell-search" onClick={() => setOverlay('palette')}>
            Go to… <Kbd size="xs">Ctrl K</Kbd>
          </Button>
          {seesTraffic && <FeedSign />}
          <AccountMenu />
        </div>
      </AppShell.Header>
      <AppShell.Navbar className="shell-navbar">
        <Navigation />
      </AppShell.Navbar>
      <AppShell.Main>
        <div id="content" className="shell-content">
          <Suspense fallback={null}>{!isLost && <Outlet />}</Suspense>
        </div>
      </AppShell.Main>
      <Suspense fallback={null}>
        {overlay === 'palette' && <Palette onClose={closeOverlay} />}
        {overlay === 'help' && <Help onClose={closeOverlay} />}
      </Suspense>
    </AppShell>
  )
}

function AccountMenu(): ReactNode {
  const queries = useQueryClient()
  const me = useQuery(meQuery)
  const { colorScheme, setColorScheme } = useMantineColorScheme()
  const leave = async () => {
    await signOut()
    queries.clear()
    queries.setQueryData(signedInKey, false)
    location.assign('/')
  }
  return (
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
        <Menu.Item onClick={() => void leave()}>Sign out</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  )
}

/** Each role once; one in a team says so. */
function rolesText(me: Reply<'GET /me'> | undefined): string {
  const texts = me?.roles.map(({ role, team }) => (team === undefined ? role : `${role} of a team`)) ?? []
  return [...new Set(texts)].join(', ')
}
