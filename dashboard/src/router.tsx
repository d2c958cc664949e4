/** The addresses of the dashboard: each page is a chunk of its own, and its state is in its search parameters. */

import {
  createRootRouteWithContext,
  createRoute,
  createRouter,
  lazyRouteComponent,
  redirect,
} from '@tanstack/react-router'
import { guardActions, type GuardAction } from './api/guard-actions.ts'
import { type CaseFilter, readCaseFilter } from './evals/case-filter.ts'
import { type Ability, readAbility } from './models/model-filter.ts'
import { type RangeName, readSpanSearch, type SpanSearch } from './ranges.ts'
import { readSelected, readSort, readTab } from './requests/addresses.ts'
import { filterNames, readFilters } from './requests/filters.ts'
import { RouteFault } from './shell/route-fault.tsx'
import { NotFound } from './shell/not-found.tsx'
import { creating, numbersOf, strictly, textsOf } from './search-params.ts'
import { type Dimension, readDimension, readUsageFilter } from './api/usage.ts'
import { Shell } from './shell/shell.tsx'

interface RouterContext {
  /** The search parameters with which the dashboard was opened, as they were. */
  readonly askedSearch: string
}

const root = createRootRouteWithContext<RouterContext>()({ component: Shell, notFoundComponent: NotFound })

const start = createRoute({
  getParentRoute: () => root,
  path: '/',
  beforeLoad() {
    // oxlint-disable-next-line typescript/only-throw-error -- the router's own way
    throw redirect({ to: '/overview' })
  },
})

/** Of a page that looks back on a span of time: what it looks back on where its address does not say, which is left out of it. */
function lookingBack(range: RangeName, { isByTeam = false } = {}) {
  const leaveOut = <Search extends SpanSearch>({
    search,
    next,
  }: {
    search: Search
    next(of: Search): Search
  }) => {
    const found = next(search)
    return {
      ...found,
      ...(found.range === range && { range: undefined }),
      ...(found.cmp === 'prev' && { cmp: undefined }),
    }
  }
  return { staticData: { range, isByTeam }, search: { middlewares: [leaveOut] } }
}

/** A list that can be narrowed to one team's. */
const ofTeam = {
  staticData: { isByTeam: true },
  validateSearch: (search: Record<string, unknown>) => ({
    ...creating(search),
    ...strictly(['team'], textsOf(search, ['team'] as const)),
  }),
}

const overview = createRoute({
  getParentRoute: () => root,
  path: '/overview',
  ...lookingBack('24h', { isByTeam: true }),
  validateSearch: (search: Record<string, unknown>) => ({
    ...readSpanSearch(search),
    ...readUsageFilter(search),
  }),
  component: lazyRouteComponent(() => import('./overview/overview-page.tsx'), 'OverviewPage'),
})

const requests = createRoute({
  getParentRoute: () => root,
  path: '/requests',
  ...lookingBack('24h', { isByTeam: true }),
  validateSearch: (search: Record<string, unknown>) => ({
    ...readSpanSearch(search),
    ...strictly(filterNames, readFilters(search)),
    ...strictly(['sort'], readSort(search)),
    ...strictly(['sel'], readSelected(search)),
  }),
  component: lazyRouteComponent(() => import('./requests/requests-page.tsx'), 'RequestsPage'),
})

const request = createRoute({
  getParentRoute: () => root,
  path: '/requests/$id',
  // The list that it was found in, so that the next one is the next of that.
  validateSearch: (search: Record<string, unknown>) => ({
    ...readSpanSearch(search),
    ...readFilters(search),
    ...readTab(search),
  }),
  component: lazyRouteComponent(() => import('./requests/request-page.tsx'), 'RequestPage'),
})

const sessions = createRoute({
  getParentRoute: () => root,
  path: '/sessions',
  ...lookingBack('24h', { isByTeam: true }),
  validateSearch: (search: Record<string, unknown>) => ({
    ...readSpanSearch(search),
    ...strictly(['team'], textsOf(search, ['team'] as const)),
  }),
  component: lazyRouteComponent(() => import('./sessions/sessions-page.tsx'), 'SessionsPage'),
})

const session = createRoute({
  getParentRoute: () => root,
  path: '/sessions/$id',
  component: lazyRouteComponent(() => import('./sessions/session-page.tsx'), 'SessionPage'),
})

const keys = createRoute({
  getParentRoute: () => root,
  path: '/keys',
  ...ofTeam,
  component: lazyRouteComponent(() => import('./access/keys-page.tsx'), 'KeysPage'),
})

const teams = createRoute({
  getParentRoute: () => root,
  path: '/teams',
  validateSearch: creating,
  component: lazyRouteComponent(() => import('./access/teams-page.tsx'), 'TeamsPage'),
})

const users = createRoute({
  getParentRoute: () => root,
  path: '/users',
  ...ofTeam,
  component: lazyRouteComponent(() => import('./access/users-page.tsx'), 'UsersPage'),
})

const oneKey = createRoute({
  getParentRoute: () => root,
  path: '/keys/$id',
  component: lazyRouteComponent(() => import('./access/key-page.tsx'), 'KeyPage'),
})

const oneTeam = createRoute({
  getParentRoute: () => root,
  path: '/teams/$id',
  component: lazyRouteComponent(() => import('./access/team-page.tsx'), 'TeamPage'),
})

const oneUser = createRoute({
  getParentRoute: () => root,
  path: '/users/$id',
  component: lazyRouteComponent(() => import('./access/user-page.tsx'), 'UserPage'),
})

const budgets = createRoute({
  getParentRoute: () => root,
  path: '/budgets',
  ...ofTeam,
  component: lazyRouteComponent(() => import('./budgets/budgets-page.tsx'), 'BudgetsPage'),
})

const routes = createRoute({
  getParentRoute: () => root,
  path: '/routes',
  component: lazyRouteComponent(() => import('./routes/routes-page.tsx'), 'RoutesPage'),
})

const oneRoute = createRoute({
  getParentRoute: () => root,
  path: '/routes/$name',
  validateSearch: (search: Record<string, unknown>) => numbersOf(search, ['a', 'b']),
  component: lazyRouteComponent(() => import('./routes/route-page.tsx'), 'RoutePage'),
})

const routeRevision = createRoute({
  getParentRoute: () => root,
  path: '/routes/$name/$revision',
  component: lazyRouteComponent(() => import('./routes/revision-page.tsx'), 'RevisionPage'),
})

const providers = createRoute({
  getParentRoute: () => root,
  path: '/providers',
  component: lazyRouteComponent(() => import('./providers/providers-page.tsx'), 'ProvidersPage'),
})

const guardrails = createRoute({
  getParentRoute: () => root,
  path: '/guardrails',
  validateSearch(search: Record<string, unknown>): { rule?: string; action?: GuardAction } {
    const action = guardActions.find((known) => known === search['action'])
    return { ...textsOf(search, ['rule']), ...(action && { action }) }
  },
  component: lazyRouteComponent(() => import('./guardrails/guardrails-page.tsx'), 'GuardrailsPage'),
})

const cache = createRoute({
  getParentRoute: () => root,
  path: '/cache',
  ...lookingBack('24h'),
  validateSearch: (search: Record<string, unknown>) => readSpanSearch(search),
  component: lazyRouteComponent(() => import('./cache/cache-page.tsx'), 'CachePage'),
})

const alerts = createRoute({
  getParentRoute: () => root,
  path: '/alerts',
  ...ofTeam,
  component: lazyRouteComponent(() => import('./alerts/alerts-page.tsx'), 'AlertsPage'),
})

function readBy(search: Record<string, unknown>): { by?: Dimension | undefined } {
  return { by: readDimension(search['by']) }
}

const spend = createRoute({
  getParentRoute: () => root,
  path: '/spend',
  ...lookingBack('mtd', { isByTeam: true }),
  validateSearch: (search: Record<string, unknown>) => ({
    ...readSpanSearch(search),
    ...readUsageFilter(search),
    ...readBy(search),
  }),
  component: lazyRouteComponent(() => import('./spend/spend-page.tsx'), 'SpendPage'),
})

const models = createRoute({
  getParentRoute: () => root,
  path: '/models',
  validateSearch(search: Record<string, unknown>): { q?: string; provider?: string; can?: Ability } {
    const can = readAbility(search['can'])
    return { ...textsOf(search, ['q', 'provider']), ...(can && { can }) }
  },
  component: lazyRouteComponent(() => import('./models/models-page.tsx'), 'ModelsPage'),
})

const playground = createRoute({
  getParentRoute: () => root,
  path: '/playground',
  validateSearch: (search: Record<string, unknown>) => textsOf(search, ['target', 'like']),
  component: lazyRouteComponent(() => import('./playground/playground-page.tsx'), 'PlaygroundPage'),
})

const evals = createRoute({
  getParentRoute: () => root,
  path: '/evals',
  component: lazyRouteComponent(() => import('./evals/evals-page.tsx'), 'EvalsPage'),
})

const newEvalRun = createRoute({
  getParentRoute: () => root,
  path: '/evals/new',
  component: lazyRouteComponent(() => import('./evals/new-run-page.tsx'), 'NewRunPage'),
})

/** Which cases of a run are shown. */
function withFilter(search: Record<string, unknown>): { show?: CaseFilter } {
  const show = readCaseFilter(search['show'])
  return show ? { show } : {}
}

const evalCase = createRoute({
  getParentRoute: () => root,
  path: '/evals/$id/$case',
  validateSearch: (search: Record<string, unknown>): { show?: CaseFilter; repeat?: number } => ({
    ...withFilter(search),
    ...numbersOf(search, ['repeat']),
  }),
  component: lazyRouteComponent(() => import('./evals/case-page.tsx'), 'CasePage'),
})

const evalRun = createRoute({
  getParentRoute: () => root,
  path: '/evals/$id',
  validateSearch: withFilter,
  component: lazyRouteComponent(() => import('./evals/run-page.tsx'), 'RunPage'),
})

const experiments = createRoute({
  getParentRoute: () => root,
  path: '/experiments',
  component: lazyRouteComponent(() => import('./experiments/experiments-page.tsx'), 'ExperimentsPage'),
})

const experiment = createRoute({
  getParentRoute: () => root,
  path: '/experiments/$route',
  component: lazyRouteComponent(() => import('./experiments/experiment-page.tsx'), 'ExperimentPage'),
})

const shadow = createRoute({
  getParentRoute: () => root,
  path: '/shadow',
  component: lazyRouteComponent(() => import('./shadow/shadow-page.tsx'), 'ShadowPage'),
})

const shadowRoute = createRoute({
  getParentRoute: () => root,
  path: '/shadow/$route',
  component: lazyRouteComponent(() => import('./shadow/route-page.tsx'), 'ShadowRoutePage'),
})

const drift = createRoute({
  getParentRoute: () => root,
  path: '/drift',
  component: lazyRouteComponent(() => import('./drift/drift-page.tsx'), 'DriftPage'),
})

const goldenSet = createRoute({
  getParentRoute: () => root,
  path: '/drift/$set',
  validateSearch: (search: Record<string, unknown>) => textsOf(search, ['run']),
  component: lazyRouteComponent(() => import('./drift/set-page.tsx'), 'SetPage'),
})

const goldenAlarm = createRoute({
  getParentRoute: () => root,
  path: '/drift/$set/alarms/$id',
  component: lazyRouteComponent(() => import('./drift/alarm-page.tsx'), 'AlarmPage'),
})

const batches = createRoute({
  getParentRoute: () => root,
  path: '/batches',
  component: lazyRouteComponent(() => import('./batches/batches-page.tsx'), 'BatchesPage'),
})

const batch = createRoute({
  getParentRoute: () => root,
  path: '/batches/$id',
  component: lazyRouteComponent(() => import('./batches/batch-page.tsx'), 'BatchPage'),
})

const audit = createRoute({
  getParentRoute: () => root,
  path: '/audit',
  validateSearch: (search: Record<string, unknown>) => textsOf(search, ['action', 'object', 'actor']),
  component: lazyRouteComponent(() => import('./audit/audit-page.tsx'), 'AuditPage'),
})

const settings = createRoute({
  getParentRoute: () => root,
  path: '/settings',
  validateSearch: (search: Record<string, unknown>) => textsOf(search, ['q', 'section']),
  component: lazyRouteComponent(() => import('./settings/settings-page.tsx'), 'SettingsPage'),
})

const welcome = createRoute({
  getParentRoute: () => root,
  path: '/welcome',
  component: lazyRouteComponent(() => import('./start/welcome-page.tsx'), 'WelcomePage'),
})

const routeTree = root.addChildren([
  start,
  overview,
  requests,
  request,
  sessions,
  session,
  keys,
  oneKey,
  teams,
  oneTeam,
  users,
  oneUser,
  budgets,
  routes,
  oneRoute,
  routeRevision,
  providers,
  guardrails,
  cache,
  alerts,
  spend,
  models,
  playground,
  evals,
  newEvalRun,
  evalRun,
  evalCase,
  experiments,
  experiment,
  shadow,
  shadowRoute,
  drift,
  goldenSet,
  goldenAlarm,
  batches,
  batch,
  audit,
  settings,
  welcome,
])

/** `askedSearch`: the search parameters with which the dashboard is opened. */
export function createAppRouter(askedSearch: string) {
  return createRouter({
    routeTree,
    context: { askedSearch },
    defaultPreload: 'intent',
    defaultErrorComponent: RouteFault,
    scrollRestoration: true,
  })
}

declare module '@tanstack/react-router' {
  interface Register {
    router: ReturnType<typeof createAppRouter>
  }

  interface StaticDataRouteOption {
    /** What the page looks back on where its address does not say; absent: it looks back on nothing. */
    readonly range?: RangeName
    /** Whether the page can be narrowed to one team. */
    readonly isByTeam?: boolean
  }
}
