/** Builds the recording of payloads: which requests, under which keys, and who reads them. */

import { inspect } from 'node:util'
import type { AdminRoute } from '../admin/route.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { Secret } from '../core/secret.ts'
import { builtInDetectors } from '../detectors/built-in.ts'
import { replaceFindings } from '../detectors/finding.ts'
import { findPlaced, isJsonText } from '../detectors/json-text.ts'
import { payloadRoutes } from '../payloads/admin.ts'
import { compileChoice } from '../payloads/choice.ts'
import { createPayloads, type Payloads } from '../payloads/payloads.ts'
import type { PayloadSealing } from '../payloads/port.ts'
import { createPayloadRecorder } from '../payloads/recorder.ts'
import type { PayloadTap } from '../payloads/tap.ts'
import { createDataKeys, type DataKeys } from '../secrets/data-keys.ts'
import { createLocalWrap } from '../secrets/key-wrap.ts'
import type { WrappedKey } from '../secrets/port.ts'
import { seal, unseal } from '../stored/seal.ts'
import type { Log } from '../telemetry/log.ts'
import type { Closers } from './closers.ts'
import { sealingKey } from './data-dir.ts'
import { type KeyWraps, openKeyWraps } from './key-wraps.ts'
import type { Stores } from './stores.ts'

export interface PayloadParts {
  /** The one in force. */
  readonly config: () => Config
  readonly stores: Pick<Stores, 'payloads' | 'payloadKeys'>
  readonly clock: Clock
  readonly log: Log
  readonly closers: Closers
}

export interface Recording {
  readonly tap: PayloadTap
  readonly payloads: Payloads
  readonly routes: readonly AdminRoute[]
  /** Wraps the organisation's data keys by the key in force; gives how many were wrapped by another. */
  rewrapKeys(org: string): Promise<number>
  reload(next: Config): void
}

export function createRecording(parts: PayloadParts): Recording {
  const { config, stores, clock, log, closers } = parts
  const store = stores.payloads
  const sealing = createSealing(parts)
  closers.add(() => sealing.close())
  const recorder = createPayloadRecorder({
    store,
    sealing,
    clock,
    settings: () => config().payloads,
    redactor: () => redactorOf(config().payloads.redact),
    onError: (cause, dropped) =>
      log.error({ cause: inspect(cause), dropped }, 'payloads could not be written or deleted'),
  })
  closers.add(() => recorder.close())
  const payloads = createPayloads({ store, sealing, flush: () => recorder.flush() })
  let wants = compileChoice(config().payloads)
  return {
    tap: {
      get wants() {
        return wants
      },
      record: (head, content) => recorder.record(head, content),
    },
    payloads,
    routes: payloadRoutes(payloads),
    rewrapKeys: (org) => sealing.rewrapKeys(org),
    reload(next) {
      wants = compileChoice(next.payloads)
    },
  }
}

/** `[email]` in the place of each. */
function redactorOf(names: Config['payloads']['redact']): (text: string) => string {
  const detectors = builtInDetectors(names)
  return (text) => {
    const found = findPlaced(text, isJsonText(text), detectors)
    return replaceFindings(text, found, ({ kind }) => `[${kind}]`)
  }
}

/**
 * The organisation's data key, wrapped by the key of stored secrets where there is one, else by a key beside the
 * database. A key that was in force before still unwraps.
 */
function createSealing({ config, stores, clock }: PayloadParts): PayloadSealing & {
  rewrapKeys(org: string): Promise<number>
  close(): Promise<void>
} {
  let made: { of: Config['secrets']; keys: DataKeys; keyWraps: KeyWraps | undefined } | undefined
  const newest = new Map<string, WrappedKey>()
  const open = (keyWraps: KeyWraps | undefined): DataKeys => {
    const own = new Secret(sealingKey(config(), 'payloads').toString('base64'))
    const fallback = createLocalWrap(own, { seal, unseal })
    const [first, ...others] = [...(keyWraps?.wraps ?? []), fallback]
    return createDataKeys({
      store: stores.payloadKeys,
      table: 'payload_data_keys',
      wraps: [first!, ...others],
      clock,
    })
  }
  const keys = (): DataKeys => {
    const of = config().secrets
    if (made?.of === of) return made.keys
    void made?.keyWraps?.close()
    const keyWraps = openKeyWraps(of, clock)
    made = { of, keys: open(keyWraps), keyWraps }
    newest.clear()
    return made.keys
  }
  return {
    async seal(org, place, plain) {
      const inForce = keys()
      const key = newest.get(org) ?? (await inForce.newestInForce(org))
      newest.set(org, key)
      return { keyVersion: key.version, sealed: seal(await inForce.unwrap(key), place, plain) }
    },
    async unseal(org, keyVersion, place, sealed) {
      const key = await keys().find(org, keyVersion)
      return key && unseal(await keys().unwrap(key), place, sealed)
    },
    rewrapKeys: (org) => keys().rewrapAll(org),
    close: async () => made?.keyWraps?.close(),
  }
}
