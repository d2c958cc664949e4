/** Keeps what references name: read once, read again in time, and held through an outage of where it comes from. */

import type { Complaint, ReadRemote, RemoteRef, RemoteScheme } from '../config/secret-ref.ts'
import type { Clock } from '../core/clock.ts'
import { asObject, asString, parseJson } from '../core/json.ts'
import { Secret } from '../core/secret.ts'
import { type SecretFailure, toFailure } from './failure.ts'
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
  readonly ttlMs: number
  /** Undefined where the settings name no such service. */
  open(scheme: RemoteScheme): SecretSource | undefined
}

/** How long a value is used after the service that gave it has fallen silent. */
export const maxStaleMs = 3_600_000
const retryMs = 10_000
const maxWaitMs = 60_000
const minWaitMs = 250

interface Entry {
  readonly name: string
  readonly source: OpenSource
  readonly ttlMs: number
  material?: Material
  /** Monotonic. */
  readAtMs: number
  dueAtMs: number
  failure?: SecretFailure
  pending?: Promise<void>
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
      return isUsable ? pick(material.content, ref) : { message: failure!.message, mend: failure!.mend }
    }
  }

  /** The configuration of the last load is in force: what only older ones named is forgotten. */
  async adopt(): Promise<void> {
    for (const key of this.#entries.keys()) if (!this.#wanted.has(key)) this.#entries.delete(key)
    const used = new Set([...this.#entries.values()].map(({ source }) => source))
    for (const [key, open] of this.#sources) {
      if (used.has(open)) continue
      this.#sources.delete(key)
      await open.source.close()
    }
    this.#schedule()
  }

  /** Reads again in time from now on. `onChange`: a value is another one; `onStale`: one has not been read for too long. */
  start(onChange: () => void, onStale: (isStale: boolean) => void): void {
    this.#onChange = onChange
    this.#onStale = onStale
    this.#schedule()
  }

  /** Reads all again now: a provider has refused a credential. */
  async refreshAll(): Promise<void> {
    for (const entry of this.#entries.values()) entry.dueAtMs = this.#now()
    await this.tick()
  }

  /** Reads what is due, and keeps sign-ins and leases alive. */
  async tick(): Promise<void> {
    await Promise.all([...this.#sources.values()].map((open) => this.#maintain(open)))
    const due = [...this.#entries.values()].filter(({ dueAtMs }) => dueAtMs <= this.#now())
    const before = due.map((entry) => entry.material?.content.reveal())
    await Promise.all(due.map((entry) => this.#refresh(entry)))
    const hasChanged = due.some(({ material }, index) => material?.content.reveal() !== before[index])
    const isStale = [...this.#entries.values()].some((entry) => this.#isStale(entry))
    if (isStale !== this.#wasStale) this.#onStale?.((this.#wasStale = isStale))
    if (hasChanged) this.#onChange?.()
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

  #isStale({ readAtMs, failure }: Entry): boolean {
    return failure !== undefined && this.#now() - readAtMs > maxStaleMs
  }

  #entryOf(ref: RemoteRef, services: Services): Entry | undefined {
    const key = keyOf(ref, services)
    const known = this.#entries.get(key)
    if (known) return known
    const source = this.#sourceOf(ref.scheme, services)
    if (!source) return undefined
    const entry: Entry = { name: ref.name, source, ttlMs: services.ttlMs, readAtMs: 0, dueAtMs: 0 }
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
          const before = entry.material?.content.reveal()
          const hasChanged = before !== undefined && before !== material.content.reveal()
          entry.material = material
          entry.readAtMs = this.#now()
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

  async #readOrRenew({ material, source: { source }, name }: Entry): Promise<Material> {
    const lease = material?.lease
    if (lease?.isRenewable && source.renew) {
      const renewed = await source.renew(lease).catch(() => undefined)
      // Near its longest life a lease is renewed for less and less: then a new secret is due.
      if (renewed && renewed.durationMs > lease.durationMs / 2) return { ...material!, lease: renewed }
    }
    return source.read(name)
  }

  async #maintain(open: OpenSource): Promise<void> {
    if (open.maintainAtMs > this.#now()) return
    // A failure is told by the reads that it spoils.
    const inMs = await open.source.maintain?.().catch(() => retryMs)
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

function pick(content: Secret, { field }: RemoteRef): Secret | Complaint {
  if (field === undefined) return trimmed(content.reveal(), 'the secret is empty')
  const record = asObject(parseJson(content.reveal()))
  const mend = 'Check what stands behind `#` against the fields that the secret has.'
  if (!record) return { message: 'the secret is no record with fields', mend }
  const value = Object.hasOwn(record, field) ? record[field] : undefined
  const text = typeof value === 'number' ? String(value) : asString(value)
  return text === undefined
    ? { message: 'the secret has no such field', mend }
    : trimmed(text, 'the field is empty')
}

function trimmed(text: string, message: string): Secret | Complaint {
  const value = text.trim()
  return value === '' ? { message, mend: 'Store a value there.' } : new Secret(value)
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
