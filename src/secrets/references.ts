/** Keeps what references name: read once, read again in time, and held through an outage of where it comes from. */

import type { Complaint, ReadRemote, RemoteRef, RemoteScheme } from '../config/secret-ref.ts'
import type { Clock } from '../core/clock.ts'
import type { Secret } from '../core/secret.ts'
import { type SecretFailure, toFailure } from './failure.ts'
import { pickField } from './field.ts'
import { inTime } from './in-time.ts'
import type { Material, SecretSource } from './port.ts'

/** What is told of a reference; never its value. */
export interface ReferenceState {
  readonly reference: string
  /** Since it was last read, in milliseconds; absent where it never was. */
  readonly ageMs?: number
  readonly fault?: string
}

export interface ReferenceParts {
  readonly clock: Clock
  /** After each time that its service was asked for it. */
  onRead(reference: string, hasChanged: boolean): void
  onFailure(reference: string, failure: SecretFailure): void
}

/** The services of one version of the settings. */
export interface Services {
  /** Equal settings have equal ones, and share what was read. */
  readonly fingerprint: string
  /** The same but for the secrets by which the gateway signs in: with new ones, what the old ones read is the last known. */
  readonly place: string
  readonly ttlMs: number
  /** Undefined where the settings name no such service. */
  open(scheme: RemoteScheme): SecretSource | undefined
}

/** How long a value is used after the service that gave it has fallen silent. */
export const maxStaleMs = 3_600_000
/** A leased secret that is younger is not given up: a provider may not know it yet, and each new one is one more there. */
const minLeaseAgeMs = 60_000
const retryMs = 10_000
const maxWaitMs = 60_000
const minWaitMs = 250

interface Entry {
  readonly name: string
  readonly place: string
  readonly source: OpenSource
  readonly ttlMs: number
  material?: Material
  /** What the configuration in force was given, or what was told of since. */
  known?: Secret | undefined
  /** Monotonic. */
  readAtMs: number
  /** When it was read last, and not only renewed. Monotonic. */
  madeAtMs: number
  dueAtMs: number
  failure?: SecretFailure
  pending?: Promise<void>
  /** The configuration in force names it. */
  isInForce: boolean
  /** A load was refused for want of it. */
  isAwaited: boolean
  /** A provider has refused it: its lease is no reason to keep it. */
  isRefused: boolean
}

interface OpenSource {
  readonly scheme: RemoteScheme
  readonly source: SecretSource
  maintainAtMs: number
}

export class References {
  readonly #parts: ReferenceParts
  readonly #sources = new Map<string, OpenSource>()
  readonly #entries = new Map<string, Entry>()
  /** Those that the last load asked for. */
  #wanted = new Set<string>()
  #timer: NodeJS.Timeout | undefined
  #onChange: (() => void) | undefined
  #onStale: ((isStale: boolean) => void) | undefined
  #wasStale = false

  constructor(parts: ReferenceParts) {
    this.#parts = parts
  }

  /** For one load of the configuration: reads what is not kept. */
  reader(services: Services): ReadRemote {
    this.#wanted = new Set()
    const wanted = this.#wanted
    return async (ref) => {
      const entry = this.#entryOf(ref, services)
      if (!entry) return notConfigured(ref.scheme)
      wanted.add(keyOf(ref, services))
      if (!entry.material || entry.dueAtMs <= this.#now()) await this.#refresh(entry)
      const { material, failure } = entry
      const isUsable = material && (!failure || (failure.kind === 'unavailable' && !this.#isStale(entry)))
      entry.isAwaited = !isUsable
      // What is in force goes on as it is where this load is refused.
      if (!entry.isInForce) entry.known = material?.content
      return isUsable ? pickField(material.content, ref) : { message: failure!.message, mend: failure!.mend }
    }
  }

  /** The configuration of the last load is in force: what only older ones named is forgotten. */
  async adopt(): Promise<void> {
    for (const [key, entry] of this.#entries) {
      entry.isInForce = this.#wanted.has(key)
      entry.known = entry.material?.content
      if (!entry.isInForce) this.#entries.delete(key)
    }
    const used = new Set([...this.#entries.values()].map(({ source }) => source))
    for (const [key, open] of this.#sources) {
      if (used.has(open)) continue
      this.#sources.delete(key)
      await open.source.close()
    }
    this.#schedule()
  }

  /**
   * Reads again in time from now on. `onChange`: a value is another one, or one for want of which a load was refused is
   * there; `onStale`: one that is in force has not been read for too long.
   */
  start(onChange: () => void, onStale: (isStale: boolean) => void): void {
    this.#onChange = onChange
    this.#onStale = onStale
    this.#schedule()
  }

  /** Reads all again now. */
  async refreshAll(): Promise<void> {
    await this.#readAgain([...this.#entries.values()])
  }

  /** A provider has refused what stands behind these, which are named without a field: they are read again now. */
  async refuse(references: ReadonlySet<string>): Promise<void> {
    const refused = [...this.#entries.values()].filter((entry) => references.has(nameOf(entry)))
    const nowMs = this.#now()
    for (const entry of refused) entry.isRefused = nowMs - entry.madeAtMs >= minLeaseAgeMs
    await this.#readAgain(refused)
  }

  /** Reads what is due, and keeps sign-ins and leases alive. */
  async tick(): Promise<void> {
    await Promise.all([...this.#sources.values()].map((open) => this.#maintain(open)))
    const due = [...this.#entries.values()].filter(({ dueAtMs }) => dueAtMs <= this.#now())
    await Promise.all(due.map((entry) => this.#refresh(entry)))
    const entries = [...this.#entries.values()]
    const news = entries.filter(hasNews)
    for (const entry of news) {
      entry.isAwaited = false
      entry.known = entry.material?.content
    }
    const isStale = entries.some((entry) => entry.isInForce && this.#isStale(entry))
    if (isStale !== this.#wasStale) this.#onStale?.((this.#wasStale = isStale))
    if (news.length > 0) this.#onChange?.()
    this.#schedule()
  }

  states(): readonly ReferenceState[] {
    return [...this.#entries.values()].map((entry) => ({
      reference: nameOf(entry),
      ...(entry.material && { ageMs: Math.round(this.#now() - entry.readAtMs) }),
      ...(entry.failure && { fault: entry.failure.message }),
    }))
  }

  async close(): Promise<void> {
    clearTimeout(this.#timer)
    this.#onChange = undefined
    this.#onStale = undefined
    const sources = [...this.#sources.values()]
    this.#sources.clear()
    this.#entries.clear()
    await Promise.all(sources.map(({ source }) => source.close()))
  }

  #now(): number {
    return this.#parts.clock.monotonicMs()
  }

  #isStale({ material, readAtMs, failure }: Entry): boolean {
    return material !== undefined && failure !== undefined && this.#now() - readAtMs > maxStaleMs
  }

  /** What is being read at this moment may have left its keeper before. */
  async #readAgain(entries: readonly Entry[]): Promise<void> {
    await Promise.all(entries.flatMap(({ pending }) => pending ?? []))
    for (const entry of entries) entry.dueAtMs = this.#now()
    await this.tick()
  }

  #entryOf(ref: RemoteRef, services: Services): Entry | undefined {
    const key = keyOf(ref, services)
    const known = this.#entries.get(key)
    if (known) return known
    const source = this.#sourceOf(ref.scheme, services)
    if (!source) return undefined
    const { name } = ref
    const { place, ttlMs } = services
    const last = [...this.#entries.values()].find(
      (one) => one.isInForce && one.place === place && one.name === name && one.source.scheme === ref.scheme,
    )
    const entry: Entry = {
      name,
      place,
      source,
      ttlMs,
      ...(last?.material && { material: last.material }),
      readAtMs: last?.readAtMs ?? 0,
      madeAtMs: last?.madeAtMs ?? 0,
      dueAtMs: 0,
      isInForce: false,
      isAwaited: false,
      isRefused: false,
    }
    this.#entries.set(key, entry)
    return entry
  }

  #sourceOf(scheme: RemoteScheme, services: Services): OpenSource | undefined {
    const key = `${services.fingerprint} ${scheme}`
    const known = this.#sources.get(key)
    if (known) return known
    const source = services.open(scheme)
    if (!source) return undefined
    const open: OpenSource = { scheme, source, maintainAtMs: source.maintain ? 0 : Infinity }
    this.#sources.set(key, open)
    return open
  }

  /** Several fields of one secret share one read: of a pair that is made anew each time, both halves fit. */
  #refresh(entry: Entry): Promise<void> {
    entry.pending ??= this.#readOrRenew(entry)
      .then(
        (material) => {
          const before = entry.material?.content
          const hasChanged = before !== undefined && before.reveal() !== material.content.reveal()
          entry.material = material
          entry.readAtMs = this.#now()
          if (before !== material.content) {
            entry.madeAtMs = entry.readAtMs
            entry.isRefused = false
          }
          entry.dueAtMs = entry.readAtMs + dueIn(material, entry.ttlMs)
          delete entry.failure
          this.#parts.onRead(nameOf(entry), hasChanged)
        },
        (cause: unknown) => {
          const failure = toFailure(cause, entry.source.scheme)
          entry.failure = failure
          entry.dueAtMs = this.#now() + retryMs
          this.#parts.onFailure(nameOf(entry), failure)
        },
      )
      .finally(() => delete entry.pending)
    return entry.pending
  }

  async #readOrRenew({ material, source: { source }, name, isRefused }: Entry): Promise<Material> {
    const lease = isRefused ? undefined : material?.lease
    if (lease?.isRenewable && source.renew) {
      const renewed = await inTime(source.renew(lease)).catch(() => undefined)
      // Near its longest life a lease is renewed for less and less: then a new secret is due.
      if (renewed && renewed.durationMs > lease.durationMs / 2) return { ...material!, lease: renewed }
    }
    return inTime(source.read(name))
  }

  async #maintain(open: OpenSource): Promise<void> {
    if (open.maintainAtMs > this.#now()) return
    // A failure is told by the reads that it spoils.
    const maintained = open.source.maintain?.()
    const inMs = maintained && (await inTime(maintained).catch(() => retryMs))
    open.maintainAtMs = inMs === undefined ? Infinity : this.#now() + inMs
  }

  #schedule(): void {
    clearTimeout(this.#timer)
    if (!this.#onChange || this.#entries.size === 0) return
    const dueAtMs = Math.min(
      ...[...this.#entries.values()].map((entry) => entry.dueAtMs),
      ...[...this.#sources.values()].map((open) => open.maintainAtMs),
    )
    const waitMs = Math.min(Math.max(dueAtMs - this.#now(), minWaitMs), maxWaitMs)
    this.#timer = setTimeout(() => void this.tick(), waitMs).unref()
  }
}

/** Another value than the known one, or any where a load was refused for want of it. */
function hasNews({ known, material, isAwaited, failure }: Entry): boolean {
  if (isAwaited && !failure) return true
  return known !== undefined && known.reveal() !== material?.content.reveal()
}

/** As it is written, without a field: several fields are read at once. */
function nameOf({ source, name }: Entry): string {
  return `${source.scheme}:${name}`
}

function keyOf({ scheme, name }: RemoteRef, { fingerprint }: Services): string {
  return `${fingerprint} ${scheme}:${name}`
}

/** Two thirds of what a lease lasts, so that there is time to try again. */
function dueIn({ lease, holdsMs }: Material, ttlMs: number): number {
  if (lease) return (lease.durationMs * 2) / 3
  return Math.min(holdsMs ?? ttlMs, ttlMs)
}

function notConfigured(scheme: RemoteScheme): Complaint {
  const section = {
    vault: 'vault',
    'aws-sm': 'aws',
    'aws-ssm': 'aws',
    'gcp-sm': 'google',
    'azure-kv': 'azure',
    stored: 'stored',
  }
  return {
    message: `a reference \`${scheme}:\`, and no such service is configured`,
    mend: `Add \`secrets.${section[scheme]}\`.`,
  }
}
