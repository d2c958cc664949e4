/** Builds the watch over prices and endings of the models that the configuration names. */

import { join } from 'node:path'
import { inspect } from 'node:util'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import type { Catalogue } from '../models/catalogue.ts'
import { type Notice, toldNotice } from '../models/notices.ts'
import { createModelWatch, type ModelWatch } from '../models/watch.ts'
import { createPriceMemoryFile } from '../storage/price-memory-file.ts'
import type { Log } from '../telemetry/log.ts'
import type { Closers } from './closers.ts'

export interface ModelWatchParts {
  readonly config: () => Config
  readonly catalogue: () => Promise<Catalogue>
  readonly clock: Clock
  readonly log: Log
  readonly closers: Closers
  /** Beside the log: where else a notice should go. */
  readonly onNotice?: (notice: Notice) => void
}

export function openModelWatch(parts: ModelWatchParts): ModelWatch {
  const { config, catalogue, clock, log, closers, onNotice } = parts
  const watch = createModelWatch({
    catalogue,
    providers: () => Object.keys(config().providers),
    inUse: () => modelsInUse(config()),
    store: createPriceMemoryFile(join(config().dataDir, 'prices.json')),
    clock,
    onNotice(notice) {
      log.warn({ notice: notice.kind, model: notice.model }, toldNotice(notice))
      onNotice?.(notice)
    },
    onError: (cause) => log.error({ cause: inspect(cause) }, 'prices and endings of models are not known'),
  })
  closers.add(() => watch.close())
  return watch
}

function modelsInUse({ routes, providers }: Config): ReadonlySet<string> {
  const targets = Object.values(routes).flatMap((route) => route.targets.map(({ target }) => target))
  const named = Object.entries(providers).flatMap(([name, { models }]) =>
    models.map((model) => `${name}/${model}`),
  )
  return new Set([...targets, ...named])
}
