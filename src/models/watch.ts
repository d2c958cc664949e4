/** Looks at prices and endings of models at start and once a day, and tells what concerns the models in use. */

import type { Clock } from '../core/clock.ts'
import type { Catalogue } from './catalogue.ts'
import { compareWithMemory, type Notice, noticesOf } from './notices.ts'
import type { PriceMemoryStore } from './port.ts'
import { takeSnapshot } from './snapshot.ts'

export interface ModelWatchOptions {
  readonly catalogue: () => Promise<Catalogue>
  /** Names of the configured ones: the catalogue knows many more. */
  readonly providers: () => readonly string[]
  /** `provider/model` of all that the configuration names. */
  readonly inUse: () => ReadonlySet<string>
  readonly store: PriceMemoryStore
  readonly clock: Clock
  /** Called at each look, for each notice of a model in use: whoever passes it on tells repeats by `id`. */
  onNotice(notice: Notice): void
  onError(cause: unknown): void
}

export interface ModelWatch {
  /** Compares, remembers and tells. Never rejects. */
  look(): Promise<void>
  /** What there is to say of all models of the configured providers, so many days ahead and back. */
  list(days: number): Promise<readonly Notice[]>
  close(): void
}

const lookEveryMs = 86_400_000
/** How far ahead an operator is warned unasked. */
const warnedDays = 60

/** Its timer keeps no process alive. */
export function createModelWatch(options: ModelWatchOptions): ModelWatch {
  const { catalogue, providers, inUse, store, clock, onNotice, onError } = options

  const list = async (days: number): Promise<readonly Notice[]> => {
    const [models, memory] = await Promise.all([catalogue(), store.read()])
    return noticesOf({
      models: providers().flatMap((provider) => models.list(provider)),
      inUse: inUse(),
      changes: memory?.changes ?? [],
      nowMs: clock.nowMs(),
      days,
    })
  }

  const look = async (): Promise<void> => {
    try {
      const snapshot = takeSnapshot(await catalogue(), providers())
      const { memory, isNew } = compareWithMemory(await store.read(), snapshot, clock.nowMs())
      if (isNew) await store.write(memory)
      for (const notice of await list(warnedDays)) if (notice.isInUse) onNotice(notice)
    } catch (cause) {
      onError(cause)
    }
  }

  const timer = setInterval(() => void look(), lookEveryMs).unref()
  return { look, list, close: () => clearInterval(timer) }
}
