/** The routes beside the data path: health, the list of models; metrics and the start page. */

import type { FormPart, JsonBounds } from '../core/caller-route.ts'
import { GatewayError } from '../core/error.ts'
import { asString, type Json, type JsonObject } from '../core/json.ts'
import type { Snapshot } from '../gateway/parts.ts'
import type { Catalogue } from '../models/catalogue.ts'
import { describeModels } from '../models/describe.ts'
import type { Metrics } from '../telemetry/metrics.ts'
import { decodeModel } from './routes.ts'
import { startPage } from './start-page.ts'

/** A request outside of the data path. */
export interface SideRequest {
  readonly id: string
  readonly method: string
  readonly path: string
  readonly query: URLSearchParams
  readonly credential: string | undefined
  readonly clientAddress: string | undefined
  header(name: string): string | undefined
  json(bounds?: JsonBounds): Promise<Json>
  /** The parts of a multipart form as they come. */
  form(): AsyncIterable<FormPart>
}

export interface SideReply {
  readonly status: number
  readonly headers?: Readonly<Record<string, string>>
  readonly body: string | Buffer
  /** In place of the body: called when the head has been sent. */
  readonly stream?: (stream: SideStream) => void
}

/** The way to one caller. What is written after the end goes nowhere. */
export interface SideStream {
  /** False: wait for the drain before the next one. */
  write(chunk: string | Buffer): boolean
  readonly pendingBytes: number
  end(): void
  /** Cuts the connection: what was sent is not the whole. */
  destroy(): void
  onDrain(listener: () => void): void
  onClose(listener: () => void): void
}

export interface SideRoute {
  /** True for the paths that it answers, whatever the method. */
  matches(path: string): boolean
  readonly methods: readonly string[]
  answer(request: SideRequest): Promise<SideReply> | SideReply
}

export interface SideParts {
  readonly snapshot: () => Snapshot
  /** What is known of the configured providers' models. Loaded when it is first asked for. */
  readonly catalogue: () => Promise<Catalogue>
  readonly isReady: () => boolean
  readonly startedAtMs: number
  readonly nowMs: () => number
}

export function sideRoutes(parts: SideParts): SideRoute[] {
  return [
    get('/health/live', () => json(200, { status: 'ok' })),
    get('/health/ready', () => {
      const isReady = parts.isReady()
      return json(isReady ? 200 : 503, { status: isReady ? 'ok' : 'draining' })
    }),
    get('/v1/models', (request) => listModels(parts, request)),
    modelRoute(parts),
  ]
}

/** What tells whoever comes about this gateway, without a key. */
export function openRoutes(metrics: Metrics): SideRoute[] {
  return [
    get('/metrics', async () => {
      const { contentType, text } = await metrics.render()
      return { status: 200, headers: { 'content-type': contentType }, body: text }
    }),
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

async function listModels(parts: SideParts, request: SideRequest): Promise<SideReply> {
  return json(200, { object: 'list', data: await allowedModels(parts, request) })
}

const modelPrefix = '/v1/models/'

/** `GET /v1/models/{model}`, whose name may hold slashes. */
function modelRoute(parts: SideParts): SideRoute {
  return {
    matches: (path) => path.startsWith(modelPrefix) && !path.includes(':', modelPrefix.length),
    methods: ['GET', 'HEAD'],
    async answer(request) {
      const id = decodeModel(request.path.slice(modelPrefix.length))
      const model = (await allowedModels(parts, request)).find((candidate) => candidate['id'] === id)
      if (!model)
        throw new GatewayError('model_not_found', `The model \`${id}\` is not known here.`, {
          param: 'model',
        })
      return json(200, model)
    },
  }
}

/** Routes, the models of the catalogue and those that the configuration names, of those the key may use. */
async function allowedModels(parts: SideParts, request: SideRequest): Promise<JsonObject[]> {
  const { keyring, table } = parts.snapshot()
  const principal = await keyring.identify(request)
  const catalogue = await parts.catalogue()
  const models = new Map<string, JsonObject>()
  for (const id of table.routes.keys()) models.set(id, { id, owned_by: 'weir' })
  for (const { name, models: declared } of table.providers.values()) {
    for (const model of describeModels(catalogue.list(name), parts.nowMs())) {
      const id = `${name}/${asString(model['model']) ?? ''}`
      models.set(id, { ...model, id, owned_by: name })
    }
    for (const model of declared) {
      const id = `${name}/${model}`
      if (!models.has(id)) models.set(id, { id, owned_by: name })
    }
  }
  const created = Math.floor(parts.startedAtMs / 1000)
  const isAllowed = (id: string) => !principal.models || principal.models.some((glob) => glob.test(id))
  return [...models]
    .filter(([id]) => isAllowed(id))
    .map(([, model]) => ({ ...model, object: 'model', created }))
}

/** Throws `method_not_allowed` where the route does not answer this method. */
export function checkMethod(route: SideRoute, method: string): void {
  if (route.methods.includes(method)) return
  throw new GatewayError('method_not_allowed', `This path accepts ${route.methods.join(', ')}.`)
}
