/** Converts the configuration of LiteLLM's proxy. Pure. https://docs.litellm.ai/docs/proxy/configs */

import {
  asArray,
  asNumber,
  asObject,
  asString,
  defined,
  type Json,
  type JsonObject,
} from '../../core/json.ts'
import {
  type ChoiceDraft,
  ImportDraft,
  type Imported,
  type KnownTypes,
  type RouteDraft,
  type TargetDraft,
  textOf,
} from './draft.ts'
import { addBudgets, addModelBudget, budgetMembers } from './litellm-budgets.ts'

const carriedParams = [
  ...budgetMembers.deployment,
  'model',
  'api_key',
  'api_base',
  'base_url',
  'timeout',
  'weight',
  'custom_llm_provider',
  'vertex_project',
  'vertex_location',
  'vertex_credentials',
  'aws_region_name',
  'aws_access_key_id',
  'aws_secret_access_key',
  'aws_session_token',
]

const routerMembers = [
  'timeout',
  'num_retries',
  'fallbacks',
  'default_fallbacks',
  'model_group_alias',
  'routing_strategy',
]

/** The proxy's configuration, parsed from its YAML, as ours. */
export function importLitellm(source: Json, known: KnownTypes): Imported {
  const draft = new ImportDraft(known)
  const root = asObject(source) ?? {}
  const router = asObject(root['router_settings']) ?? {}
  const library = asObject(root['litellm_settings']) ?? {}
  const defaultMs = toMs(router['timeout'] ?? library['request_timeout'])
  const groups = new Map<string, TargetDraft[]>()
  for (const [index, entry] of asArray(root['model_list']).entries()) {
    const path = `model_list[${index}]`
    const found = deploymentOf(draft, asObject(entry) ?? {}, path, defaultMs)
    if (found) groups.set(found.group, [...(groups.get(found.group) ?? []), found.target])
  }
  addRoutes(draft, groups, router, library)
  addMasterKey(draft, asObject(root['general_settings']) ?? {})
  addBudgets(draft, library, router)
  draft.leaveOthers(router, [...routerMembers, ...budgetMembers.router], 'router_settings')
  draft.leaveOthers(
    library,
    ['request_timeout', 'num_retries', 'fallbacks', 'default_fallbacks', ...budgetMembers.library],
    'litellm_settings',
  )
  draft.leaveOthers(root['general_settings'], ['master_key'], 'general_settings')
  draft.leaveOthers(root, ['model_list', 'router_settings', 'litellm_settings', 'general_settings'], '')
  return draft.end()
}

/** One deployment of a model: adds its provider; gives a target for the group of those with the same name. */
function deploymentOf(
  draft: ImportDraft,
  entry: JsonObject,
  path: string,
  defaultMs: number | undefined,
): { readonly group: string; readonly target: TargetDraft } | undefined {
  const params = asObject(entry['litellm_params']) ?? {}
  const group = textOf(entry, 'model_name')
  const written = textOf(params, 'model')
  if (group === undefined || written === undefined) {
    draft.leave(path, 'has no `model_name` or no `litellm_params.model`')
    return undefined
  }
  const found = providerAndModel(draft, written, textOf(params, 'custom_llm_provider'))
  if (found === undefined) {
    draft.leave(`${path}.litellm_params.model`, `no known provider serves \`${written}\``)
    return undefined
  }
  const provider = draft.provider(providerOf(draft, found.type, params, path), path)
  const totalMs = toMs(params['timeout']) ?? defaultMs
  draft.leaveOthers(params, carriedParams, `${path}.litellm_params`)
  const settings = modelSettings(asObject(entry['model_info']) ?? {})
  draft.leaveOthers(entry['model_info'], settings.read, `${path}.model_info`)
  draft.leaveOthers(entry, ['model_name', 'litellm_params', 'model_info'], path)
  if (group.includes('*') || found.model.includes('*')) {
    if (group !== '*' && group !== `${provider}/*`) {
      draft.leave(path, `names with \`*\` are no routes; send \`${provider}/MODEL\``)
    }
    return undefined
  }
  // Where no weight is given, LiteLLM spreads by the limits that are.
  const weight = asNumber(params['weight'] ?? params['rpm'] ?? params['tpm'])
  const target: TargetDraft = {
    provider,
    model: found.model,
    ...(totalMs !== undefined && { totalMs }),
    ...(weight !== undefined && { weight }),
  }
  draft.model(target, settings.value)
  addModelBudget(draft, `${provider}/${found.model}`, params, path)
  return { group, target }
}

/** `provider/model`, where the provider may be left out, and a model may have slashes. */
function providerAndModel(
  draft: ImportDraft,
  written: string,
  provider: string | undefined,
): { type: string; model: string } | undefined {
  const slash = written.indexOf('/')
  const prefix = slash > 0 ? draft.typeNamed(written.slice(0, slash)) : undefined
  if (prefix !== undefined) return { type: prefix, model: written.slice(slash + 1) }
  const type = (provider === undefined ? undefined : draft.typeNamed(provider)) ?? draft.typeOfModel(written)
  return type === undefined ? undefined : { type, model: written }
}

function providerOf(draft: ImportDraft, type: string, params: JsonObject, path: string) {
  const secret = (name: string, usual: string): string | undefined => {
    const value = textOf(params, name)
    if (value === undefined) return undefined
    return draft.secret(value, environmentName(value), usual, `${path}.litellm_params.${name}`)
  }
  const plain = (name: string): string | undefined => {
    const value = textOf(params, name)
    if (value === undefined || environmentName(value) === undefined) return value
    draft.leave(`${path}.litellm_params.${name}`, 'stands in a variable; write its value into `providers`')
    return undefined
  }
  const credentials = textOf(params, 'vertex_credentials')
  const apiKey =
    credentials !== undefined &&
    !credentials.trimStart().startsWith('{') &&
    environmentName(credentials) === undefined
      ? `file:${credentials}`
      : (secret('vertex_credentials', 'GOOGLE_SERVICE_ACCOUNT') ??
        secret('api_key', draft.usualVariable(type)))
  const region = plain('aws_region_name')
  const baseUrl = plain('api_base') ?? plain('base_url')
  const accessKeyId = secret('aws_access_key_id', 'AWS_ACCESS_KEY_ID')
  const secretAccessKey = secret('aws_secret_access_key', 'AWS_SECRET_ACCESS_KEY')
  const sessionToken = secret('aws_session_token', 'AWS_SESSION_TOKEN')
  return {
    type,
    names: { project: plain('vertex_project'), region: plain('vertex_location') },
    ...(apiKey !== undefined && { apiKey }),
    ...(baseUrl !== undefined && { baseUrl }),
    ...(region !== undefined && { region }),
    ...(accessKeyId !== undefined && { accessKeyId }),
    ...(secretAccessKey !== undefined && { secretAccessKey }),
    ...(sessionToken !== undefined && { sessionToken }),
  }
}

/** `os.environ/NAME` is how LiteLLM refers to a variable. */
function environmentName(value: string): string | undefined {
  return /^os\.environ\/([A-Za-z_]\w*)$/.exec(value)?.[1]
}

/** What is known of a model, and the members that said it. */
function modelSettings(info: JsonObject): { value: JsonObject; read: readonly string[] } {
  const read: string[] = []
  const take = <Value>(name: string, reader: (value: Json | undefined) => Value | undefined) => {
    const value = reader(info[name])
    if (value !== undefined) read.push(name)
    return value
  }
  const contextWindow = take('max_input_tokens', tokens)
  const maxOutputTokens = take('max_output_tokens', tokens)
  const price = defined({
    input: take('input_cost_per_token', usdPerMillion),
    output: take('output_cost_per_token', usdPerMillion),
  })
  const value = defined({ contextWindow, maxOutputTokens })
  return { value: Object.keys(price).length > 0 ? { ...value, price } : value, read }
}

function tokens(value: Json | undefined): number | undefined {
  const count = asNumber(value)
  return count !== undefined && Number.isInteger(count) && count > 0 && count <= 1e9 ? count : undefined
}

/** From USD per token, without the digits of binary fractions. */
function usdPerMillion(perToken: Json | undefined): number | undefined {
  const usd = asNumber(perToken) ?? (asString(perToken) === undefined ? undefined : Number(perToken))
  return usd !== undefined && usd >= 0 && usd < 0.9 ? Number((usd * 1e6).toFixed(9)) : undefined
}

/** LiteLLM's names of what we have as well. Where none is named, it spreads by weight. */
const strategies: Readonly<Record<string, RouteDraft['strategy']>> = {
  'simple-shuffle': 'weighted',
  'latency-based-routing': 'fastest',
  'cost-based-routing': 'cheapest',
}

/**
 * A group spreads over its own deployments; where it has fallbacks, those come behind, each as a whole. They stand
 * in a route of their own, since the fallbacks of fallbacks are not asked for.
 */
function addRoutes(
  draft: ImportDraft,
  groups: ReadonlyMap<string, readonly TargetDraft[]>,
  router: JsonObject,
  library: JsonObject,
): void {
  const retries = asNumber(router['num_retries'] ?? library['num_retries'])
  const attempts = retries === undefined ? {} : { attempts: retries + 1 }
  const named = textOf(router, 'routing_strategy') ?? 'simple-shuffle'
  const strategy = strategies[named]
  if (strategy === undefined) {
    draft.leave('router_settings.routing_strategy', `\`${named}\` is not carried; load is spread by weight`)
  }
  const fallbacks = readFallbacks(
    draft,
    router,
    'router_settings',
    readFallbacks(draft, library, 'litellm_settings', new Map()),
  )
  const standing = [...asArray(router['default_fallbacks']), ...asArray(library['default_fallbacks'])].map(
    String,
  )
  const aliases = Object.entries(asObject(router['model_group_alias']) ?? {})
  draft.reserve([...groups.keys(), ...aliases.map(([alias]) => alias)])

  const pools = new Map<string, ChoiceDraft | undefined>()
  const poolOf = (name: string): ChoiceDraft | undefined => {
    const choices = groups.get(name)
    if (choices === undefined || pools.has(name)) return pools.get(name)
    const pool = draft.within(
      `${name}-pool`,
      { strategy: strategy ?? 'weighted', choices },
      `model_list (${name})`,
    )
    pools.set(name, pool)
    return pool
  }
  const routeOf = (name: string): RouteDraft => {
    const behind = [...(fallbacks.get(name) ?? []), ...standing].filter(
      (other) => other !== name && groups.has(other),
    )
    const own = groups.get(name) ?? []
    if (behind.length === 0) {
      return { ...(own.length > 1 && { strategy: strategy ?? 'weighted' }), choices: own, ...attempts }
    }
    return { choices: [name, ...behind].flatMap((each) => poolOf(each) ?? []), ...attempts }
  }
  for (const name of groups.keys()) draft.route(name, routeOf(name), `model_list (${name})`)
  for (const [alias, name] of aliases) {
    const path = `router_settings.model_group_alias.${alias}`
    const group = asString(name) ?? textOf(name, 'model')
    if (group === undefined || !groups.has(group)) draft.leave(path, 'names no model of the list')
    else draft.route(alias, routeOf(group), path)
  }
}

function readFallbacks(
  draft: ImportDraft,
  settings: JsonObject,
  path: string,
  known: Map<string, string[]>,
): Map<string, string[]> {
  for (const [index, entry] of asArray(settings['fallbacks']).entries()) {
    for (const [name, others] of Object.entries(asObject(entry) ?? {})) {
      const at = `${path}.fallbacks[${index}].${name}`
      if (name === '*') draft.leave(at, 'not carried; list the models that have it')
      const names = asArray(others).filter((other) => typeof other === 'string')
      if (names.length < asArray(others).length) draft.leave(at, 'only fallbacks that are names are carried')
      known.set(name, [...(known.get(name) ?? []), ...names])
    }
  }
  return known
}

/** It may call every model: as a key it still does. */
function addMasterKey(draft: ImportDraft, general: JsonObject): void {
  const master = textOf(general, 'master_key')
  if (master === undefined) return
  const path = 'general_settings.master_key'
  draft.key('master', draft.secret(master, environmentName(master), 'WEIR_MASTER_KEY', path))
  draft.leave(path, 'it calls models here, and administers nothing; set `admin.token` for that')
}

function toMs(seconds: Json | undefined): number | undefined {
  const value = asNumber(seconds)
  return value === undefined || value <= 0 ? undefined : value * 1000
}
