/** Builds the memory of `idempotency-key`, sealed with a key of its own. */

import { inspect } from 'node:util'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { createIdempotency, type Idempotency } from '../idempotency/idempotency.ts'
import type { ClaimStore } from '../idempotency/port.ts'
import { seal, unseal } from '../stored/seal.ts'
import type { Log } from '../telemetry/log.ts'
import type { Closers } from './closers.ts'
import { sealingKey } from './data-dir.ts'

export interface IdempotencyParts {
  readonly config: Config
  readonly store: ClaimStore
  readonly clock: Clock
  readonly log: Log
  readonly closers: Closers
}

export function openIdempotency({ config, store, clock, log, closers }: IdempotencyParts): Idempotency {
  const key = sealingKey(config, 'idempotency')
  const idempotency = createIdempotency({
    ...config.idempotency,
    store,
    sealer: {
      seal: (place, plain) => seal(key, place, plain),
      unseal: (place, sealed) => unseal(key, place, sealed),
    },
    clock,
    onError: (cause) => log.error({ cause: inspect(cause) }, 'kept answers could not be tended'),
  })
  closers.add(() => idempotency.close())
  return idempotency
}
