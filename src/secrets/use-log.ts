/** Tells the audit of the use of secrets: what a configuration was given, changes and failures as they come, and what is read again and again as sums. */

import type { Clock } from '../core/clock.ts'
import type { JsonObject } from '../core/json.ts'
import type { SecretFailure } from './failure.ts'

/** One act of the gateway itself; no value of a secret is in it. */
export interface SecretUse {
  readonly action: 'config.load' | 'secret.change' | 'secret.fail' | 'secret.recover' | 'secret.read'
  readonly object: string
  readonly after: JsonObject
}

export interface UseLogParts {
  readonly clock: Clock
  /** Rejects where it cannot be kept; it is told again later. */
  readonly tell: (use: SecretUse) => Promise<void>
  readonly onTrouble: (cause: unknown) => void
}

interface Sum {
  reads: number
  failures: number
}

/** How often sums are told, and what could not be told is tried again. */
const sumMs = 3_600_000
/** A reference that fails and recovers all the time tells each so often; the sums have the rest. */
const againMs = 300_000
/** More wait only while the audit has been out of reach for long: then the sums alone grow. */
const maxWaiting = 500

export class SecretUseLog {
  readonly #waiting: SecretUse[] = []
  readonly #sums = new Map<string, Sum>()
  /** When each act was told last, by action and object. Monotonic. */
  readonly #toldAtMs = new Map<string, number>()
  readonly #failing = new Set<string>()
  #parts: UseLogParts | undefined
  #timer: NodeJS.Timeout | undefined
  #telling: Promise<void> | undefined

  /** What came before waits until now. */
  start(parts: UseLogParts): void {
    this.#parts = parts
    this.#timer = setInterval(() => void this.flush(), sumMs).unref()
    void this.#tell()
  }

  /** `references`: what each setting of the configuration in force names, by the setting's path. */
  loaded(references: ReadonlyMap<string, string>): void {
    // As texts: under its name, a setting like `apiKey` would be taken for a secret itself.
    const lines = [...references].map(([path, reference]) => `${path}: ${reference}`)
    this.#add({ action: 'config.load', object: 'configuration', after: { references: lines } })
  }

  read(reference: string, hasChanged: boolean): void {
    this.#sumOf(reference).reads++
    if (this.#failing.delete(reference)) this.#note('secret.recover', reference, {})
    if (hasChanged) this.#note('secret.change', reference, { value: '***' })
  }

  failed(reference: string, { kind, message }: SecretFailure): void {
    this.#sumOf(reference).failures++
    if (this.#failing.has(reference)) return
    this.#failing.add(reference)
    this.#note('secret.fail', reference, { kind, fault: message })
  }

  /** Tells the sums so far. */
  async flush(): Promise<void> {
    if (this.#waiting.length >= maxWaiting) await this.#tell()
    if (this.#sums.size > 0 && this.#waiting.length < maxWaiting) {
      const sums = Object.fromEntries([...this.#sums].map(([reference, sum]) => [reference, { ...sum }]))
      this.#sums.clear()
      this.#add({ action: 'secret.read', object: 'references', after: sums })
    }
    await this.#tell()
  }

  async close(): Promise<void> {
    clearInterval(this.#timer)
    await this.flush()
    this.#parts = undefined
  }

  #sumOf(reference: string): Sum {
    const known = this.#sums.get(reference)
    if (known) return known
    const sum = { reads: 0, failures: 0 }
    this.#sums.set(reference, sum)
    return sum
  }

  #note(action: SecretUse['action'], object: string, after: JsonObject): void {
    const id = `${action} ${object}`
    const nowMs = this.#parts?.clock.monotonicMs()
    const toldAtMs = this.#toldAtMs.get(id)
    if (nowMs !== undefined) {
      if (toldAtMs !== undefined && nowMs - toldAtMs < againMs) return
      this.#toldAtMs.set(id, nowMs)
    }
    this.#add({ action, object, after })
  }

  #add(use: SecretUse): void {
    if (this.#waiting.length < maxWaiting) this.#waiting.push(use)
    void this.#tell()
  }

  /** One after the other, in their order. */
  #tell(): Promise<void> {
    this.#telling ??= this.#tellAll().finally(() => (this.#telling = undefined))
    return this.#telling
  }

  async #tellAll(): Promise<void> {
    for (let next = this.#waiting[0]; next && this.#parts; next = this.#waiting[0]) {
      try {
        await this.#parts.tell(next)
      } catch (cause) {
        this.#parts?.onTrouble(cause)
        return
      }
      this.#waiting.shift()
    }
  }
}
