/** A second organisation in the data directory of a gateway that has not started: an owner's session, and an API key. */

import { mkdirSync } from 'node:fs'
import { Directory } from '../../src/access/directory.ts'
import { createRegistrar } from '../../src/access/registrar.ts'
import { Sessions } from '../../src/access/sessions.ts'
import { readKeyFile } from '../../src/compose/data-dir.ts'
import { systemClock } from '../../src/core/clock.ts'
import { createAccessStore } from '../../src/storage/sql/access-store.ts'
import { openDatabase } from '../../src/storage/sql/open.ts'
import { createTicketStore } from '../../src/storage/sql/ticket-store.ts'

export interface SecondOrganisation {
  readonly org: string
  /** Of a session with the role of owner. */
  readonly cookie: string
  readonly userId: string
  readonly keyId: string
  readonly apiKey: string
}

export async function prepareSecondOrganisation(dataDir: string): Promise<SecondOrganisation> {
  const org = 'second'
  mkdirSync(dataDir, { recursive: true })
  const clock = systemClock
  const database = await openDatabase({ store: 'sqlite', dataDir, clock, onError: () => undefined })
  const store = createAccessStore(database)
  const directory = new Directory({ store, clock, onTrouble: () => undefined })
  await directory.sync()
  const pepper = readKeyFile(dataDir, 'pepper')
  const registrar = createRegistrar({ store, directory, clock, pepper })
  const account = { grants: [{ role: 'owner' as const }] }
  const user = await registrar.createUser({ org, name: 'Second', metadata: {}, account })
  const { key, text } = await registrar.createKey({ org, name: 'second-key', metadata: {}, rules: {} })
  const token = await new Sessions(createTicketStore(database), clock).make('session', { org, user: user.id })
  directory.close()
  await database.close()
  return { org, cookie: `weir_session=${token}`, userId: user.id, keyId: key.id, apiKey: text }
}
