/** Secrets in the database: the keys that protect them, the references that name them, and their administration. */

import type { AdminRoute } from '../admin/route.ts'
import type { Config, StorePlace } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import type { Secret } from '../core/secret.ts'
import { secretRoutes } from '../secrets/admin.ts'
import { createLocalWrap, createTransitWrap, type KeyWrap } from '../secrets/key-wrap.ts'
import type { SecretSource, StoredSecretStore } from '../secrets/port.ts'
import { createStoredSecrets, type StoredSecrets } from '../secrets/stored.ts'
import type { VaultSource } from '../secrets/vault.ts'
import type { Database } from '../storage/sql/database.ts'
import { openDatabase } from '../storage/sql/open.ts'
import { createSecretStore } from '../storage/sql/secret-store.ts'
import { seal, unseal } from '../stored/seal.ts'

type StoredSettings = NonNullable<Config['secrets']['stored']>

const sealing = { seal, unseal }
/** References of the configuration are of the organisation that runs the gateway. */
const org = 'default'

export interface StoredSecretParts {
  readonly settings: StoredSettings
  readonly store: StoredSecretStore
  readonly clock: Clock
  /** Where a key never leaves Vault. */
  readonly vault: VaultSource | undefined
}

export function composeStoredSecrets({ settings, store, clock, vault }: StoredSecretParts): StoredSecrets {
  return createStoredSecrets({ store, sealing, clock, wraps: keyWrapsOf(settings, vault) })
}

/** The key-encryption keys of the configuration, the one in force first. */
export function keyWrapsOf(
  { key, previousKeys, transit }: StoredSettings,
  vault: VaultSource | undefined,
): readonly [KeyWrap, ...KeyWrap[]] {
  const local = [...(key ? [key] : []), ...previousKeys].map((secret: Secret) =>
    createLocalWrap(secret, sealing),
  )
  const remote: KeyWrap[] =
    transit && vault ? [createTransitWrap(transit, (path, body) => vault.post(path, body))] : []
  // The schema has made sure that there is one.
  const [first, ...others] = [...remote, ...local]
  return [first!, ...others]
}

/** Reads the database that the configuration names, before the gateway itself opens it: what is read may be needed to start. */
export function openStoredSource(place: StorePlace, parts: Omit<StoredSecretParts, 'store'>): SecretSource {
  let opened: Promise<{ database: Database; secrets: StoredSecrets }> | undefined
  const open = async () => {
    const store = await place.store()
    const database = await openDatabase({
      store,
      dataDir: place.dataDir,
      clock: parts.clock,
      onError: () => undefined, // the next read tells
    })
    return { database, secrets: composeStoredSecrets({ ...parts, store: createSecretStore(database) }) }
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
      await parts.vault?.close()
    },
  }
}

export interface SecretAdminParts {
  readonly settings: () => Config['secrets']
  readonly store: StoredSecretStore
  readonly clock: Clock
  openVault(settings: Config['secrets']): VaultSource | undefined
  onChange(): void
}

/** The rows, with the keys of the configuration in force. */
export function composeSecretRoutes({
  settings,
  store,
  clock,
  openVault,
  onChange,
}: SecretAdminParts): readonly AdminRoute[] {
  let made:
    | { of: Config['secrets']; secrets: StoredSecrets | undefined; vault: VaultSource | undefined }
    | undefined
  const stored = (): StoredSecrets | undefined => {
    const of = settings()
    if (made?.of === of) return made.secrets
    void made?.vault?.close()
    const vault = of.stored?.transit && openVault(of)
    const secrets = of.stored && composeStoredSecrets({ settings: of.stored, store, clock, vault })
    made = { of, secrets, vault }
    return secrets
  }
  return secretRoutes({ stored, onChange })
}
