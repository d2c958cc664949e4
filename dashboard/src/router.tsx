/** The addresses of the dashboard: each page is a chunk of its own, and its state is in its search parameters. */

import {
  createRootRoute,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { type RangeName, readRange } from './ranges.ts'
import { readFilters } from './requests/filters.ts'
import { RouteFault } from './shell/route-fault.tsx'
import { NotFound } from './shell/not-found.tsx'
import { type Dimension, readDimension } from './spend/usage.ts'
import { Shell } from './shell/shell.tsx'

const root = createRootRoute({ component: Shell, notFoundComponent: NotFound })

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad() {
    // oxlint-disable-next-line typescript/only-throw-error -- the router's own way
    throw redirect({ to: '/overview' })
  },
})

/** Defaults and what cannot be read are left out of the address. */
function withRange(search: Record<string, unknown>): { range?: RangeName } {
  const range = readRange(search['range'])
  return range === undefined ? {} : { range }
}

const overview = createRoute({
  getParentRoute: () => root,
  path: '/overview',
  validateSearch: withRange,
  component: lazyRouteComponent(() => import('./overview/overview-page.tsx'), 'OverviewPage'),
})

const requests = createRoute({
  getParentRoute: () => root,
  path: '/requests',
  validateSearch: (search: Record<string, unknown>) => ({ ...withRange(search), ...readFilters(search) }),
  component: lazyRouteComponent(() => import('./requests/requests-page.tsx'), 'RequestsPage'),
})

const request = createRoute({
  getParentRoute: () => root,
  path: '/requests/$id',
  component: lazyRouteComponent(() => import('./requests/request-page.tsx'), 'RequestPage'),
})

const keys = createRoute({
  getParentRoute: () => root,
  path: '/keys',
  component: lazyRouteComponent(() => import('./access/keys-page.tsx'), 'KeysPage'),
})

const teams = createRoute({
  getParentRoute: () => root,
  path: '/teams',
  component: lazyRouteComponent(() => import('./access/teams-page.tsx'), 'TeamsPage'),
})

const users = createRoute({
  getParentRoute: () => root,
  path: '/users',
  component: lazyRouteComponent(() => import('./access/users-page.tsx'), 'UsersPage'),
})

const providers = createRoute({
  getParentRoute: () => root,
  path: '/providers',
  component: lazyRouteComponent(() => import('./providers/providers-page.tsx'), 'ProvidersPage'),
})

const alerts = createRoute({
  getParentRoute: () => root,
  path: '/alerts',
  component: lazyRouteComponent(() => import('./alerts/alerts-page.tsx'), 'AlertsPage'),
})

const spend = createRoute({
  getParentRoute: () => root,
  path: '/spend',
  validateSearch(search: Record<string, unknown>): { range?: RangeName; by?: Dimension } {
    const by = readDimension(search['by'])
    return { ...withRange(search), ...(by && { by }) }
  },
  component: lazyRouteComponent(() => import('./spend/spend-page.tsx'), 'SpendPage'),
})

const evals = createRoute({
  getParentRoute: () => root,
  path: '/evals',
  component: lazyRouteComponent(() => import('./evals/evals-page.tsx'), 'EvalsPage'),
})

const evalRun = createRoute({
  getParentRoute: () => root,
  path: '/evals/$id',
  component: lazyRouteComponent(() => import('./evals/run-page.tsx'), 'RunPage'),
})

const routeTree = root.addChildren([
  start,
  overview,
  requests,
  request,
  keys,
  teams,
  users,
  providers,
  alerts,
  spend,
  evals,
  evalRun,
])

export function createAppRouter() {
  return createRouter({
    routeTree,
    defaultPreload: 'intent',
    defaultErrorComponent: RouteFault,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }
}
