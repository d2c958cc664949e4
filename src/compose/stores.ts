/** Opens the databases of the data directory and the stores over them. */

import { join } from 'node:path'
import type { KeyStore } from '../access/port.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import type { RecordStore } from '../records/port.ts'
import { createKeyStore } from '../storage/sqlite/key-store.ts'
import { migrations } from '../storage/sqlite/migrations.ts'
import { openStore } from '../storage/sqlite/open.ts'
import { recordMigrations } from '../storage/sqlite/record-migrations.ts'
import { createRecordStore } from '../storage/sqlite/record-store.ts'
import { createStoredResponseStore } from '../storage/sqlite/stored-response-store.ts'
import type { StoredResponseStore } from '../stored/port.ts'
import type { Closers } from './closers.ts'

export interface Stores {
  readonly keys: KeyStore
  readonly responses: StoredResponseStore
  readonly records: RecordStore
}

export function openStores({ dataDir }: Config, clock: Clock, closers: Closers): Stores {
  const main = openStore(join(dataDir, 'weir.db'), migrations, clock)
  closers.add(() => main.close())
  const records = openStore(join(dataDir, 'records.db'), recordMigrations, clock)
  closers.add(() => records.close())
  return {
    keys: createKeyStore(main),
    responses: createStoredResponseStore(main),
    records: createRecordStore(records),
  }
}
