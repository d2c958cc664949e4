/** Converts a gateway configuration of Portkey's. Pure. https://portkey.ai/docs/api-reference/inference-api/config-object */

import { asArray, asNumber, asObject, type Json, type JsonObject } from '../../core/json.ts'
import {
  ImportDraft,
  type Imported,
  type KnownTypes,
  type RouteDraft,
  type TargetDraft,
  textOf,
} from './draft.ts'

const carriedMembers = [
  'strategy',
  'targets',
  'provider',
  'api_key',
  'virtual_key',
  'custom_host',
  'override_params',
  'retry',
  'request_timeout',
  'name',
  'weight',
  'resource_name',
  'deployment_id',
  'vertex_project_id',
  'vertex_region',
  'aws_region',
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
]

/** The configuration, parsed from its JSON, as one route of this name. */
export function importPortkey(source: Json, routeName: string, known: KnownTypes): Imported {
  const draft = new ImportDraft(known)
  const root = withSnakeCase(source)
  draft.reserve([routeName])
  const route = readRoute(draft, root, '', { totalMs: undefined, routeName })
  const retries = asNumber(asObject(root['retry'])?.['attempts'])
  if (route.choices.length === 0) {
    draft.leave(
      'targets',
      'none names a model (`override_params.model`), so that there is no route; clients send `provider/model`',
    )
  }
  draft.route(routeName, { ...route, ...(retries !== undefined && { attempts: retries + 1 }) }, 'targets')
  return draft.end()
}

interface Inherited {
  readonly totalMs: number | undefined
  readonly model?: string
  readonly routeName: string
}

/** What a strategy chooses from: a strategy within it is a route of its own, and so a choice. */
function readRoute(draft: ImportDraft, node: JsonObject, path: string, inherited: Inherited): RouteDraft {
  const at = (name: string): string => (path === '' ? name : `${path}.${name}`)
  draft.leaveOthers(node, carriedMembers, path)
  draft.leaveOthers(node['override_params'], ['model'], at('override_params'))
  draft.leaveOthers(node['retry'], ['attempts'], at('retry'))
  if (path !== '' && node['retry'] !== undefined)
    draft.leave(at('retry'), 'attempts are counted for the whole route')
  const own = ownOf(node, inherited)
  const targets = asArray(node['targets'])
  if (targets.length === 0) return { choices: readTarget(draft, node, path, own) }
  const strategy = asObject(node['strategy']) ?? {}
  const mode = textOf(strategy, 'mode') ?? 'single'
  draft.leaveOthers(strategy, ['mode'], at('strategy'))
  if (!['loadbalance', 'fallback', 'single'].includes(mode)) {
    draft.leave(at('strategy'), `\`${mode}\` is not carried: its targets are tried in order`)
  }
  const used = mode === 'single' ? targets.slice(0, 1) : targets
  if (used.length < targets.length) draft.leave(at('targets'), 'only the first is used by this strategy')
  const choices = used.flatMap((target, index) => {
    const inner = withSnakeCase(target)
    const place = `${at('targets')}[${index}]`
    const choice = draft.within(`${own.routeName}-${index + 1}`, readRoute(draft, inner, place, own), place)
    const weight = asNumber(inner['weight'])
    if (mode !== 'loadbalance' && weight !== undefined) draft.leave(`${place}.weight`, 'not carried')
    if (mode === 'loadbalance' && weight === 0)
      draft.leave(place, 'a weight of 0 would never be chosen: it has the usual one')
    return choice === undefined ? [] : [{ ...choice, ...(weight !== undefined && { weight }) }]
  })
  return { ...(mode === 'loadbalance' && { strategy: 'weighted' as const }), choices }
}

function ownOf(node: JsonObject, inherited: Inherited): Inherited {
  const timeout = asNumber(node['request_timeout'])
  const model = textOf(node['override_params'], 'model') ?? inherited.model
  return { ...inherited, totalMs: timeout ?? inherited.totalMs, ...(model !== undefined && { model }) }
}

function readTarget(draft: ImportDraft, node: JsonObject, path: string, own: Inherited): TargetDraft[] {
  const place = path === '' ? 'provider' : path
  const named = textOf(node, 'provider')
  const virtual = textOf(node, 'virtual_key') ?? (named?.startsWith('@') ? named : undefined)
  const type = typeOf(draft, named, virtual)
  if (type === undefined) {
    draft.leave(place, `no known provider is called \`${named ?? virtual ?? ''}\``)
    return []
  }
  const provider = draft.provider(providerOf(draft, type, { node, virtual, path }), place)
  const deployment = textOf(node, 'deployment_id')
  const written = own.model ?? deployment
  if (written === undefined) {
    draft.leave(place, 'names no model')
    return []
  }
  // `@slug/model` names the provider once more.
  const model = written.startsWith('@') ? written.slice(written.indexOf('/') + 1) : written
  return [{ provider, model, ...(own.totalMs !== undefined && own.totalMs > 0 && { totalMs: own.totalMs }) }]
}

/** Slugs of virtual keys are free text, which mostly begins with the provider's name. */
function typeOf(
  draft: ImportDraft,
  named: string | undefined,
  virtual: string | undefined,
): string | undefined {
  const words = (
    named !== undefined && !named.startsWith('@') ? named : (virtual ?? '').replace(/^@/, '')
  ).split('-')
  for (let count = words.length; count > 0; count--) {
    const type = draft.typeNamed(words.slice(0, count).join('-'))
    if (type !== undefined) return type
  }
  return undefined
}

function providerOf(
  draft: ImportDraft,
  type: string,
  {
    node,
    virtual,
    path,
  }: { readonly node: JsonObject; readonly virtual: string | undefined; readonly path: string },
) {
  const secret = (name: string, usual: string): string | undefined => {
    const value = textOf(node, name)
    return value === undefined
      ? undefined
      : draft.secret(value, undefined, usual, path === '' ? name : `${path}.${name}`)
  }
  const usual = draft.usualVariable(type)
  // The vault holds the key of a virtual one: here, its name stands for it.
  const apiKey =
    secret('api_key', usual) ?? (virtual === undefined ? undefined : `env:${variableOf(virtual)}`)
  if (virtual !== undefined && apiKey === `env:${variableOf(virtual)}`) {
    draft.leave(
      path === '' ? 'virtual_key' : path,
      `its key is in Portkey's vault; set ${variableOf(virtual)} to it`,
    )
  }
  const baseUrl = textOf(node, 'custom_host')
  const region = textOf(node, 'aws_region')
  const accessKeyId = secret('aws_access_key_id', 'AWS_ACCESS_KEY_ID')
  const secretAccessKey = secret('aws_secret_access_key', 'AWS_SECRET_ACCESS_KEY')
  const sessionToken = secret('aws_session_token', 'AWS_SESSION_TOKEN')
  return {
    type,
    names: {
      resource: textOf(node, 'resource_name'),
      project: textOf(node, 'vertex_project_id'),
      region: textOf(node, 'vertex_region'),
    },
    ...(apiKey !== undefined && { apiKey }),
    ...(baseUrl !== undefined && { baseUrl }),
    ...(region !== undefined && { region }),
    ...(accessKeyId !== undefined && { accessKeyId }),
    ...(secretAccessKey !== undefined && { secretAccessKey }),
    ...(sessionToken !== undefined && { sessionToken }),
  }
}

function variableOf(virtual: string): string {
  const plain = virtual.replace(/^@/, '').split('/')[0]!
  return `${plain
    .toUpperCase()
    .replaceAll(/[^A-Z0-9]+/g, '_')
    .replace(/^(?=\d)/, '_')}_KEY`
}

/** Both spellings are in use: `override_params` and `overrideParams`. Members within `override_params` are the caller's. */
function withSnakeCase(value: Json | undefined): JsonObject {
  return Object.fromEntries(
    Object.entries(asObject(value) ?? {}).map(([name, member]) => [
      name.replaceAll(/[A-Z]/g, (letter) => `_${letter.toLowerCase()}`),
      member,
    ]),
  )
}
