/** Builds the keeping of answers that callers asked to be stored, and says whose each of them is. */

import { inspect } from 'node:util'
import type { Caller } from '../access/keys.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Snapshot } from '../gateway/parts.ts'
import type { StoredAnswers } from '../http/stored-responses.ts'
import type { StoredResponseStore } from '../stored/port.ts'
import { createStoredResponses, type StoredResponses } from '../stored/stored.ts'
import type { Log } from '../telemetry/log.ts'
import type { Closers } from './closers.ts'
import { sealingKey } from './data-dir.ts'

export interface StoredResponseParts {
  readonly config: Config
  readonly store: StoredResponseStore
  readonly clock: Clock
  readonly log: Log
  readonly closers: Closers
}

export function openStoredResponses({
  config,
  store,
  clock,
  log,
  closers,
}: StoredResponseParts): StoredResponses {
  const stored = createStoredResponses({
    ...config.storedResponses,
    store,
    key: sealingKey(config, 'stored-responses'),
    clock,
    onError: (cause) => log.error({ cause: inspect(cause) }, 'expired responses could not be deleted'),
  })
  closers.add(() => stored.close())
  return stored
}

/** For callers over HTTP: each finds what its own key has kept. */
export function storedAnswersOf(snapshot: () => Snapshot, stored: StoredResponses): StoredAnswers {
  const ownerOf = async (caller: Caller, id: string) => {
    const { org, keyId, isNarrow } = await snapshot().keyring.identify(caller)
    if (isNarrow) throw new GatewayError('permission_denied', 'A key for browsers finds no kept answer.')
    return { org, keyId, id }
  }
  return {
    find: async (caller, id) => (await stored.find(await ownerOf(caller, id)))?.answer,
    remove: async (caller, id) => stored.remove(await ownerOf(caller, id)),
  }
}
