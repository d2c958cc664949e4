/** Collects what another gateway's configuration becomes here, and what of it cannot be carried. Pure. */

import { asObject, asString, isObject, type Json, type JsonObject } from '../../core/json.ts'

/** What an import needs to know of a type of provider; a row of the provider table has more. */
export interface KnownType {
  readonly env: readonly string[]
  readonly baseUrl?: string
  /** How its address is made of an account's own names, where there is no one address. */
  readonly address?: string
  /** What other gateways call it. */
  readonly alsoCalled?: readonly string[]
  readonly modelPrefixes: readonly string[]
}

export type KnownTypes = Readonly<Record<string, KnownType>>

export interface Imported {
  /** A configuration as it stands in `weir.yaml`. */
  readonly config: JsonObject
  /** One sentence for each thing that the result lacks or has otherwise, beginning with its path in the source. */
  readonly notCarried: readonly string[]
}

/** A provider as another gateway describes it, within one of its models. */
export interface ProviderDraft {
  readonly type: string
  /** A reference (`env:NAME`, `file:/path`). */
  readonly apiKey?: string
  readonly baseUrl?: string
  /** Names for the address: `resource`, `project`, `account`. */
  readonly names?: Readonly<Record<string, string | undefined>>
  readonly region?: string
  readonly accessKeyId?: string
  readonly secretAccessKey?: string
  readonly sessionToken?: string
}

export interface TargetDraft {
  readonly provider: string
  readonly model: string
  readonly totalMs?: number
  readonly weight?: number
}

/** A target, or a route in the place of one. */
export type ChoiceDraft =
  | (TargetDraft & { readonly route?: never })
  | { readonly route: string; readonly weight?: number; readonly totalMs?: never }

export interface RouteDraft {
  /** Absent: in their order. */
  readonly strategy?: 'weighted' | 'fastest' | 'cheapest'
  readonly choices: readonly ChoiceDraft[]
  readonly attempts?: number
}

const maxTargets = 64
const maxAttempts = 10

export class ImportDraft {
  readonly #known: KnownTypes
  readonly #providers = new Map<string, JsonObject>()
  readonly #routes = new Map<string, JsonObject>()
  readonly #keys: JsonObject[] = []
  readonly #budgets: JsonObject[] = []
  readonly #models: Record<string, JsonObject> = {}
  readonly #notCarried: string[] = []
  readonly #usedVariables = new Map<string, string>()
  readonly #reserved = new Set<string>()

  constructor(known: KnownTypes) {
    this.#known = known
  }

  /** Our type for another gateway's name of a provider. */
  typeNamed(name: string): string | undefined {
    const word = name.toLowerCase()
    if (Object.hasOwn(this.#known, word)) return word
    return Object.keys(this.#known).find((type) => this.#known[type]!.alsoCalled?.includes(word))
  }

  /** The type whose own models have such names. */
  typeOfModel(model: string): string | undefined {
    return Object.keys(this.#known).find((type) =>
      this.#known[type]!.modelPrefixes.some((prefix) => model.startsWith(prefix)),
    )
  }

  /** The name of a provider with these settings: the one that there is, or a new one. */
  provider(draft: ProviderDraft, path: string): string {
    const settings = this.#settingsOf(draft, path)
    const text = JSON.stringify(settings)
    for (const [name, existing] of this.#providers) if (JSON.stringify(existing) === text) return name
    const name = this.#freeName(draft.type)
    this.#providers.set(name, settings)
    return name
  }

  #settingsOf(draft: ProviderDraft, path: string): JsonObject {
    const { type, apiKey, region, accessKeyId, secretAccessKey, sessionToken } = draft
    const baseUrl = this.#baseUrlOf(draft, path)
    const known = this.#known[type]!
    if (baseUrl === undefined && known.baseUrl === undefined) {
      this.leave(path, `the address of this provider is not known; add \`baseUrl\` under \`providers\``)
    }
    const needsKey = known.env.length > 0 || known.address !== undefined
    if (baseUrl !== undefined && apiKey === undefined && accessKeyId === undefined && needsKey) {
      this.leave(path, 'no key is named; add `apiKey` under `providers` if the server wants one')
    }
    return {
      type,
      ...(apiKey !== undefined && { apiKey }),
      ...(baseUrl !== undefined && { baseUrl }),
      // Without encryption only a private network can be meant: our own rule, so that the result is valid.
      ...(baseUrl?.startsWith('http:') && { allowPrivateNetwork: true }),
      ...(region !== undefined && { region }),
      ...(accessKeyId !== undefined && { accessKeyId }),
      ...(secretAccessKey !== undefined && { secretAccessKey }),
      ...(sessionToken !== undefined && { sessionToken }),
    }
  }

  /** An address without a path gets that of the type's own; where there is none, it is made of the names. */
  #baseUrlOf({ type, baseUrl, names }: ProviderDraft, place: string): string | undefined {
    const { address, baseUrl: usual } = this.#known[type]!
    if (baseUrl === undefined) {
      const made = address?.replaceAll(/\{(\w+)\}/g, (hole, name: string) => names?.[name] ?? hole)
      return made === undefined || made.includes('{') ? undefined : made
    }
    const url = URL.parse(baseUrl)
    const isPlain = url !== null && /^https?:$/.test(url.protocol) && !/[?#@]/.test(baseUrl)
    if (!isPlain) {
      this.leave(place, 'its address is no plain URL')
      return undefined
    }
    if (url.pathname !== '/') return baseUrl.replace(/\/$/, '')
    const pattern = address ?? usual
    const path = pattern === undefined ? '/v1' : pattern.replace(/^https?:\/\/[^/]+/, '')
    return path.includes('{') ? url.origin : url.origin + path
  }

  #freeName(type: string): string {
    if (!this.#providers.has(type)) return type
    for (let n = 2; ; n++) if (!this.#providers.has(`${type}-${n}`)) return `${type}-${n}`
  }

  /**
   * The reference for a secret of the source: `env:NAME` for one that it refers to as well (`reference` is its
   * variable), a variable to be set for one that is written out. The secret itself goes nowhere.
   */
  secret(value: string, reference: string | undefined, usual: string, path: string): string {
    if (reference !== undefined) return `env:${reference}`
    let name = usual
    for (let n = 2; this.#usedVariables.has(name) && this.#usedVariables.get(name) !== value; n++) {
      name = `${usual}_${n}`
    }
    this.#usedVariables.set(name, value)
    this.leave(path, `the secret is written out in the source; set ${name} to it`)
    return `env:${name}`
  }

  /** The variable that usually holds the key of this type. */
  usualVariable(type: string): string {
    return this.#known[type]?.env[0] ?? `${type.toUpperCase().replaceAll(/[^A-Z0-9]/g, '_')}_API_KEY`
  }

  /** Names that clients send: routes that are only parts of others keep away from them. */
  reserve(names: Iterable<string>): void {
    for (const name of names) this.#reserved.add(name)
  }

  /** Nothing for no targets, and for a name that leads to its one target by itself. */
  route(asked: string, route: RouteDraft, path: string): void {
    const [first, ...others] = route.choices
    if (first === undefined) return
    if (others.length === 0 && nameOf(first) === asked && first.totalMs === undefined) return
    const name = this.#freeRoute(asked, (taken) => taken !== asked && this.#reserved.has(taken))
    if (name !== asked) this.leave(path, `the route is called \`${name}\`: clients must send that name`)
    this.#add(name, route, path)
  }

  /** One choice for several: a route within another where they are more than one. */
  within(asked: string, route: RouteDraft, path: string): ChoiceDraft | undefined {
    const [first, ...others] = route.choices
    if (others.length === 0) return first
    const name = this.#freeRoute(asked, (taken) => this.#reserved.has(taken))
    this.#add(name, route, path)
    return { route: name }
  }

  #add(name: string, { strategy, choices, attempts }: RouteDraft, path: string): void {
    const distinct = choices.filter(
      (one, at) => choices.findIndex((other) => nameOf(other) === nameOf(one)) === at,
    )
    if (distinct.length > maxTargets) {
      this.leave(path, `only the first ${maxTargets} of ${distinct.length} targets`)
    }
    this.#routes.set(name, {
      ...(strategy !== undefined && { strategy }),
      targets: distinct.slice(0, maxTargets).map((choice) => targetOf(choice, strategy)),
      ...(attempts !== undefined && { retry: { attempts: Math.min(maxAttempts, Math.max(1, attempts)) } }),
    })
  }

  #freeRoute(asked: string, isReserved: (name: string) => boolean): string {
    const plain = asked.replaceAll(/[^A-Za-z0-9._-]+/g, '-').replace(/^[^A-Za-z0-9]+/, '')
    const base = plain.slice(0, 64) || 'route'
    const isTaken = (name: string) => this.#routes.has(name) || isReserved(name)
    if (!isTaken(base)) return base
    for (let n = 2; ; n++) {
      const name = `${base.slice(0, 58)}-${n}`
      if (!isTaken(name)) return name
    }
  }

  key(name: string, secret: string): void {
    this.#keys.push({ name, secret })
  }

  budget(settings: JsonObject): void {
    this.#budgets.push(settings)
  }

  /** The names of the providers of a type. */
  providersOfType(type: string | undefined): string[] {
    return [...this.#providers].flatMap(([name, settings]) => (settings['type'] === type ? [name] : []))
  }

  /** What the source says of a model, where it says anything. */
  model(target: TargetDraft, settings: JsonObject): void {
    if (Object.keys(settings).length > 0) this.#models[nameOf(target)] = settings
  }

  leave(path: string, why: string): void {
    const line = `${path}: ${why}`
    if (!this.#notCarried.includes(line)) this.#notCarried.push(line)
  }

  /** Everything of an object but these members is not carried. */
  leaveOthers(value: Json | undefined, carried: readonly string[], path: string): void {
    for (const [name, member] of Object.entries(asObject(value) ?? {})) {
      if (carried.includes(name) || member === null || member === undefined) continue
      this.leave(path === '' ? name : `${path}.${name}`, 'not carried')
    }
  }

  end(): Imported {
    const config: JsonObject = {
      ...(this.#providers.size > 0 && { providers: Object.fromEntries(this.#providers) }),
      ...(this.#routes.size > 0 && { routes: Object.fromEntries(this.#routes) }),
      ...(Object.keys(this.#models).length > 0 && { models: this.#models }),
      ...(this.#keys.length > 0 && { keys: this.#keys }),
      ...(this.#budgets.length > 0 && { budgets: this.#budgets }),
    }
    return { config, notCarried: this.#notCarried }
  }
}

/** A whole number of milliseconds, up to a day. */
function timeLimit(ms: number): number {
  return Math.min(86_400_000, Math.max(1, Math.ceil(ms)))
}

function nameOf(choice: ChoiceDraft): string {
  return choice.route ?? `${choice.provider}/${choice.model}`
}

/** As it stands in a route: bare where nothing is said of it. */
function targetOf(choice: ChoiceDraft, strategy: RouteDraft['strategy']): Json {
  const { totalMs, weight } = choice
  const isWeighted = strategy === 'weighted' && weight !== undefined && weight > 0
  const settings = {
    ...(isWeighted && { weight: Math.min(1_000_000, weight) }),
    ...(totalMs !== undefined && { timeout: { totalMs: timeLimit(totalMs) } }),
  }
  return Object.keys(settings).length === 0 ? nameOf(choice) : { target: nameOf(choice), ...settings }
}

/** The text of a member; undefined where it is absent or empty. */
export function textOf(value: Json | undefined, name: string): string | undefined {
  const text = isObject(value) ? asString(value[name]) : undefined
  return text === '' ? undefined : text
}
