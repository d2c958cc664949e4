/** Secrets in the database: the keys that protect them, the references that name them, and their administration. */

import type { AdminRoute } from '../admin/route.ts'
import type { Config, StorePlace } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { secretRoutes } from '../secrets/admin.ts'
import type { SecretSource, StoredSecretStore } from '../secrets/port.ts'
import { createStoredSecrets, type StoredSecrets } from '../secrets/stored.ts'
import type { Database } from '../storage/sql/database.ts'
import { openDatabase } from '../storage/sql/open.ts'
import { createSecretStore } from '../storage/sql/secret-store.ts'
import { seal, unseal } from '../stored/seal.ts'
import { type KeyWraps, openKeyWraps } from './key-wraps.ts'

const sealing = { seal, unseal }
/** References of the configuration are of the organisation that runs the gateway. */
const org = 'default'

interface StoredSecretParts {
  readonly store: StoredSecretStore
  readonly wraps: KeyWraps['wraps']
  readonly clock: Clock
}

function composeStoredSecrets({ store, wraps, clock }: StoredSecretParts): StoredSecrets {
  return createStoredSecrets({ store, sealing, wraps, clock })
}

/** Reads the database that the configuration names, before the gateway itself opens it: what is read may be needed to start. */
export function openStoredSource(place: StorePlace, keyWraps: KeyWraps, clock: Clock): SecretSource {
  let opened: Promise<{ database: Database; secrets: StoredSecrets }> | undefined
  const open = async () => {
    const store = await place.store()
    const database = await openDatabase({
      store,
      dataDir: place.dataDir,
      clock,
      onError: () => undefined, // the next read tells
    })
    const { wraps } = keyWraps
    return { database, secrets: composeStoredSecrets({ wraps, clock, store: createSecretStore(database) }) }
  }
  return {
    async read(name) {
      opened ??= open()
      try {
        return { content: await (await opened).secrets.read(org, name) }
      } catch (cause) {
        // A database that could not be opened may be there the next time.
        await opened.catch(() => (opened = undefined))
        throw cause
      }
    },
    async close() {
      const closing = await opened?.catch(() => undefined)
      await closing?.database.close()
      await keyWraps.close()
    },
  }
}

export interface SecretAdminParts {
  readonly settings: () => Config['secrets']
  readonly store: StoredSecretStore
  readonly clock: Clock
  /** Of the data keys of other areas. */
  rewrapOthers(org: string): Promise<number>
  onChange(): void
}

/** The rows, with the keys of the configuration in force. */
export function composeSecretRoutes({
  settings,
  store,
  clock,
  rewrapOthers,
  onChange,
}: SecretAdminParts): readonly AdminRoute[] {
  let made: { of: Config['secrets']; secrets: StoredSecrets | undefined; close(): Promise<void> } | undefined
  const stored = (): StoredSecrets | undefined => {
    const of = settings()
    if (made?.of === of) return made.secrets
    void made?.close()
    const keyWraps = openKeyWraps(of, clock)
    const secrets = keyWraps && composeStoredSecrets({ store, wraps: keyWraps.wraps, clock })
    made = { of, secrets, close: async () => keyWraps?.close() }
    return secrets
  }
  return secretRoutes({ stored, rewrapOthers, onChange })
}
