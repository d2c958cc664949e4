/** What stands around every page: the navigation, the state of the live feed, and the account. */

import { ActionIcon, AppShell, Burger, Button, Kbd } from '@mantine/core'
import { useDisclosure, useLocalStorage, useMediaQuery } from '@mantine/hooks'
import { type Query, useQuery, useQueryClient } from '@tanstack/react-query'
import { Link, Outlet, useRouter, useRouterState } from '@tanstack/react-router'
import { lazy, type MouseEvent, Suspense, useCallback, useEffect, type ReactNode, useState } from 'react'
import { useLiveToggle, useOpenFeed } from '../api/live-feed-context.ts'
import { signedInKey } from '../api/queries.ts'
import { isLetIn, meQuery, useMay } from '../session/me.ts'
import { Announcer } from '../ui/announcer.tsx'
import { CrumbsPlace } from '../ui/crumbs.tsx'
import { Icon } from '../ui/icon.tsx'
import { Logo } from '../ui/logo.tsx'
import { UndoPlace } from '../ui/undo-place.tsx'
import { AccountMenu } from './account-menu.tsx'
import { AddressNotice } from './address-notice.tsx'
import { AlertsLink } from './alerts-link.tsx'
import { ConnectionNotice } from './connection-notice.tsx'
import { CopyLink, useLinkCopier } from './copy-link.tsx'
import { FeedSign } from './feed-sign.tsx'
import { FetchBar } from './fetch-bar.tsx'
import { NoAccess } from './no-access.tsx'
import { Navigation } from './navigation.tsx'
import { placeOf } from './places.ts'
import { RangeMenu } from './range-menu.tsx'
import { type Overlay, useShortcuts } from './shortcuts.ts'
import { TeamSwitch } from './team-switch.tsx'
import './shell.css'

const Palette = lazy(async () => ({ default: (await import('./palette.tsx')).Palette }))
const Help = lazy(async () => ({ default: (await import('./help.tsx')).Help }))

/** The probe of the session asks for nothing of its own: who is signed in is asked for anyway. */
function isNoProbe({ queryKey }: Query): boolean {
  return queryKey[0] !== signedInKey[0]
}

export function Shell(): ReactNode {
  return (
    <Announcer>
      <UndoPlace>
        <Frame />
      </UndoPlace>
    </Announcer>
  )
}

function Frame(): ReactNode {
  const [isOpen, { toggle, close }] = useDisclosure()
  const [isFolded, setFolded] = useFolded()
  const queries = useQueryClient()
  const refetch = useCallback(() => void queries.invalidateQueries({ predicate: isNoProbe }), [queries])
  const me = useQuery(meQuery)
  const seesFeed = useMay('GET /events')
  useOpenFeed(refetch, seesFeed)
  const [crumbsPlace, setCrumbsPlace] = useState<HTMLElement | null>(null)
  const [overlay, setOverlay] = useState<Overlay>()
  const closeOverlay = () => setOverlay(undefined)
  const copier = useLinkCopier()
  useShortcuts({ open: setOverlay, copy: copier.copy, toggleLive: useLiveToggle() })
  // The start leads on to the overview, and is not seen itself.
  const path = useRouterState({
    select: ({ location }) => (location.pathname === '/' ? '/overview' : location.pathname),
  })
  useEffect(close, [path, close])
  useHeadingFocus()
  const place = placeOf(path)
  const isRefused = me.data !== undefined && place !== undefined && !isLetIn(place.reads, me.data.may)
  return (
    <AppShell
      header={{ height: 48 }}
      navbar={{ width: isFolded ? 56 : 224, breakpoint: 'sm', collapsed: { mobile: !isOpen } }}
      padding={0}
    >
      <a className="skip" href="#content" onClick={skip}>
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
        <div ref={setCrumbsPlace} className="shell-crumbs" />
        <div className="row shell-end">
          <Button variant="default" className="shell-search" onClick={() => setOverlay('palette')}>
            Go to… <Kbd size="xs">Ctrl K</Kbd>
          </Button>
          {seesFeed && <FeedSign />}
          {!isRefused && <TeamSwitch className="shell-team" />}
          {!isRefused && <RangeMenu />}
          <AlertsLink />
          <CopyLink {...copier} />
          <AccountMenu onKeys={() => setOverlay('help')} />
        </div>
      </AppShell.Header>
      <AppShell.Navbar className="shell-navbar">
        <TeamSwitch className="shell-navbar-team" />
        <Navigation isFolded={isFolded} />
        <ActionIcon
          variant="subtle"
          color="gray"
          size={32}
          visibleFrom="sm"
          className="shell-fold"
          aria-label={isFolded ? 'Unfold the navigation' : 'Fold the navigation'}
          onClick={() => setFolded(!isFolded)}
        >
          <Icon name={isFolded ? 'unfold' : 'fold'} />
        </ActionIcon>
      </AppShell.Navbar>
      <AppShell.Main>
        <FetchBar />
        <ConnectionNotice />
        <div id="content" className="shell-content" tabIndex={-1}>
          <AddressNotice />
          <CrumbsPlace value={crumbsPlace}>
            <Suspense fallback={null}>{isRefused ? <NoAccess /> : !me.isPending && <Outlet />}</Suspense>
          </CrumbsPlace>
        </div>
      </AppShell.Main>
      <Suspense fallback={null}>
        {overlay === 'palette' && <Palette onClose={closeOverlay} />}
        {overlay === 'help' && <Help onClose={closeOverlay} />}
      </Suspense>
    </AppShell>
  )
}

/** Whether the navigation is narrow, as this browser remembers it; where it lies over the page it never is. */
function useFolded(): readonly [isFolded: boolean, setFolded: (is: boolean) => void] {
  const isBeside = useMediaQuery('(min-width: 48em)', undefined, { getInitialValueInEffect: false })
  const [isFolded, setFolded] = useLocalStorage({
    key: 'weir-navigation-folded',
    defaultValue: false,
    getInitialValueInEffect: false,
  })
  return [isFolded && isBeside === true, setFolded]
}

/** By hand: the address is for what is looked at, and is copied. */
function skip(event: MouseEvent): void {
  event.preventDefault()
  document.querySelector<HTMLElement>('#content')?.focus()
}

/** The page that a way leads to is told by its heading; the one that the dashboard opens with begins at the top. */
function useHeadingFocus(): void {
  const router = useRouter()
  useEffect(
    () =>
      router.subscribe('onRendered', ({ fromLocation, pathChanged }) => {
        if (fromLocation === undefined || !pathChanged) return
        document.querySelector<HTMLElement>('h1')?.focus({ preventScroll: true })
      }),
    [router],
  )
}
