/** The routes beside the data path: health, metrics, the list of models, and the start page. */

import { GatewayError } from '../core/error.ts'
import type { Snapshot } from '../gateway.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { startPage } from './start-page.ts'

/** A request outside of the data path. */
export interface SideRequest {
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly credential: string | undefined
  header(name: string): string | undefined
  json(): Promise<unknown>
}

export interface SideReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string
}

export interface SideRoute {
  /** True for the paths that it answers, whatever the method. */
  matches(path: string): boolean
  readonly methods: readonly string[]
  answer(request: SideRequest): Promise<SideReply> | SideReply
}

export interface SideParts {
  readonly metrics: Metrics
  readonly snapshot: () => Snapshot
  readonly isReady: () => boolean
  readonly startedAtMs: number
}

export function sideRoutes(parts: SideParts): SideRoute[] {
  return [
    get('/health/live', () => json(200, { status: 'ok' })),
    get('/health/ready', () => {
      const isReady = parts.isReady()
      return json(isReady ? 200 : 503, { status: isReady ? 'ok' : 'draining' })
    }),
    get('/metrics', async () => {
      const { contentType, text } = await parts.metrics.render()
      return { status: 200, headers: { 'content-type': contentType }, body: text }
    }),
    get('/v1/models', (request) => listModels(parts, request)),
    get('/', () => startPage()),
  ]
}

function get(path: string, answer: SideRoute['answer']): SideRoute {
  return { matches: (candidate) => candidate === path, methods: ['GET', 'HEAD'], answer }
}

export function json(status: number, value: unknown, headers?: Readonly<Record<string, string>>): SideReply {
  return {
    status,
    headers: { 'content-type': 'application/json; charset=utf-8', ...headers },
    body: JSON.stringify(value),
  }
}

/** Routes and the models that providers are configured to serve, of those the key may use. */
function listModels(parts: SideParts, request: SideRequest): SideReply {
  const { keyring, table } = parts.snapshot()
  const principal = keyring.identify(request.credential)
  const created = Math.floor(parts.startedAtMs / 1000)
  const models = [
    ...[...table.routes.keys()].map((id) => ({ id, owned_by: 'weir' })),
    ...[...table.providers.values()].flatMap((provider) =>
      provider.models.map((model) => ({ id: `${provider.name}/${model}`, owned_by: provider.name })),
    ),
  ]
  const allowed = models.filter(
    ({ id }) => !principal.models || principal.models.some((glob) => glob.test(id)),
  )
  return json(200, { object: 'list', data: allowed.map((model) => ({ ...model, object: 'model', created })) })
}

/** Throws `method_not_allowed` where the route does not answer this method. */
export function checkMethod(route: SideRoute, method: string): void {
  if (route.methods.includes(method)) return
  throw new GatewayError('method_not_allowed', `This path accepts ${route.methods.join(', ')}.`)
}
