/** Serves the built dashboard: its files from memory, and its one page under every address that the dashboard has. */

import { hash, randomBytes } from 'node:crypto'
import type { SideReply, SideRequest, SideRoute } from './side-routes.ts'

/** A file of the build, as it is sent. */
export interface DashboardFile {
  readonly contentType: string
  readonly body: Buffer
  /** Compressed when it was built; absent where that gains nothing. */
  readonly brotli?: Buffer
  readonly gzip?: Buffer
}

export interface DashboardBuild {
  /** The page, with `__NONCE__` wherever the nonce of an answer belongs. */
  readonly page: string
  /** By path, such as `/assets/main-3f2a.js`. */
  readonly files: ReadonlyMap<string, DashboardFile>
}

/** The first parts of the addresses of the dashboard's own pages, which a browser may ask for directly. */
const pages: ReadonlySet<string> = new Set([
  '',
  'overview',
  'requests',
  'sessions',
  'spend',
  'alerts',
  'keys',
  'teams',
  'users',
  'budgets',
  'routes',
  'providers',
  'guardrails',
  'cache',
  'models',
  'playground',
  'evals',
  'experiments',
  'shadow',
  'drift',
  'batches',
  'audit',
  'settings',
  'welcome',
  'invitation',
])

/** Whoever asks below these speaks to an API, whatever it says that it accepts. */
const apis = /^\/(?:v1|v1alpha|v1beta|admin|providers|health)(?:\/|$)/

/** Paths below this one carry a hash of what is in them. */
const hashed = '/assets/'

export interface Dashboard {
  readonly routes: readonly SideRoute[]
  /** Of a path that nothing has: the page says so. */
  readonly stray: SideRoute
}

export function createDashboard(build: DashboardBuild): Dashboard {
  return {
    routes: dashboardRoutes(build),
    stray: {
      matches: (path) => !apis.test(path),
      methods: ['GET', 'HEAD'],
      answer: () => sendPage(build.page, 404),
    },
  }
}

function dashboardRoutes({ page, files }: DashboardBuild): SideRoute[] {
  const etags = new Map([...files].map(([path, { body }]) => [path, `"${hash('sha256', body)}"`]))
  return [
    {
      matches: (path) => files.has(path),
      methods: ['GET', 'HEAD'],
      answer: (request) => sendFile(request, files.get(request.path)!, etags.get(request.path)!),
    },
    { matches: isPage, methods: ['GET', 'HEAD'], answer: () => sendPage(page, 200) },
  ]
}

function isPage(path: string): boolean {
  // Below `/providers/` are the providers' own APIs.
  if (path.startsWith('/providers/')) return false
  const end = path.indexOf('/', 1)
  return pages.has(path.slice(1, end < 0 ? undefined : end))
}

function sendFile(request: SideRequest, file: DashboardFile, etag: string): SideReply {
  const headers = {
    ...commonHeaders,
    etag,
    vary: 'accept-encoding',
    'cache-control': request.path.startsWith(hashed) ? 'public, max-age=31536000, immutable' : 'no-cache',
  }
  if (request.header('if-none-match') === etag) return { status: 304, headers, body: '' }
  const accepted = request.header('accept-encoding') ?? ''
  const [encoding, body] = encodingOf(file, accepted)
  return {
    status: 200,
    headers: {
      ...headers,
      'content-type': file.contentType,
      ...(encoding !== undefined && { 'content-encoding': encoding }),
    },
    body,
  }
}

function encodingOf({ body, brotli, gzip }: DashboardFile, accepted: string): [string | undefined, Buffer] {
  if (brotli && /\bbr\b/.test(accepted)) return ['br', brotli]
  if (gzip && /\bgzip\b/.test(accepted)) return ['gzip', gzip]
  return [undefined, body]
}

function sendPage(page: string, status: number): SideReply {
  const nonce = randomBytes(18).toString('base64')
  return {
    status,
    headers: {
      ...commonHeaders,
      'content-type': 'text/html; charset=utf-8',
      'cache-control': 'no-store',
      'content-security-policy': policyWith(nonce),
      'cross-origin-opener-policy': 'same-origin',
    },
    body: page.replaceAll('__NONCE__', nonce),
  }
}

const commonHeaders = { 'x-content-type-options': 'nosniff', 'referrer-policy': 'no-referrer' }

/** Nothing from elsewhere, no inline script, and no markup that a script makes of text. */
function policyWith(nonce: string): string {
  return [
    "default-src 'self'",
    "script-src 'self'",
    `style-src 'self' 'nonce-${nonce}'`,
    "img-src 'self' data:",
    "connect-src 'self'",
    "object-src 'none'",
    "base-uri 'none'",
    "form-action 'self'",
    "frame-ancestors 'none'",
    "require-trusted-types-for 'script'",
    'trusted-types default',
  ].join('; ')
}
