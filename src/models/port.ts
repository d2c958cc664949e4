/** What the catalogue needs kept from one start to the next. A storage implements it; it sees of this folder only this file. */

/** The last prices that were seen, and what has changed in them since. */
export interface PriceMemory {
  readonly version: string
  /** By `provider/model`, as JSON. */
  readonly prices: Readonly<Record<string, unknown>>
  /** The newest last. */
  readonly changes: readonly {
    /** In Unix milliseconds: when it was noticed. */
    readonly atMs: number
    readonly model: string
    /** Absent: it had no price. */
    readonly before?: unknown
    /** Absent: it has none any more. */
    readonly after?: unknown
  }[]
}

export interface PriceMemoryStore {
  /** Undefined: nothing was kept, or nothing that can be read. */
  read(): Promise<PriceMemory | undefined>
  write(memory: PriceMemory): Promise<void>
}
