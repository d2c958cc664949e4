/** Access over a real database in a folder of the test's own, with a clock that the test moves. */

import { randomBytes } from 'node:crypto'
import type { TestContext } from 'node:test'
import { Directory } from '../../src/access/directory.ts'
import { createGuessLimiter } from '../../src/access/guesses.ts'
import { type Caller, createKeyring, type DeclaredKey, type Keyring } from '../../src/access/keys.ts'
import type { Principal } from '../../src/access/principal.ts'
import { createRegistrar, type Registrar } from '../../src/access/registrar.ts'
import type { AccessStore } from '../../src/access/port.ts'
import type { Clock } from '../../src/core/clock.ts'
import { createAccessStore } from '../../src/storage/sql/access-store.ts'
import { openDatabase } from '../../src/storage/sql/open.ts'
import { createTemporaryFolder } from './temporary-folder.ts'

/** Without an issuer of tokens, whoever calls is known at once. */
export type KeysOnly = Omit<Keyring, 'identify' | 'renewed'> & {
  identify(caller: Caller): Principal
  renewed(renewal: { readonly declared: readonly DeclaredKey[] }): KeysOnly
}

export interface OpenedAccess {
  readonly directory: Directory
  readonly registrar: Registrar
  readonly keyring: KeysOnly
  readonly clock: TestClock
  readonly store: AccessStore
  readonly pepper: Buffer
}

export interface TestClock extends Clock {
  advance(ms: number): void
}

/** Begins at a moment of its own; both of its times go on together. */
export function createTestClock(startMs = 1_800_000_000_000): TestClock {
  let nowMs = startMs
  return {
    nowMs: () => nowMs,
    monotonicMs: () => nowMs - startMs,
    advance: (ms) => void (nowMs += ms),
  }
}

interface Options {
  readonly declared?: readonly DeclaredKey[]
  /** Another instance of the same organisation: it shares store, pepper and clock with this one. */
  readonly beside?: OpenedAccess
}

/** The directory does not poll: the test says when it looks. */
export async function openAccess(
  t: TestContext,
  { declared = [], beside }: Options = {},
): Promise<OpenedAccess> {
  const clock = beside?.clock ?? createTestClock()
  const store = beside?.store ?? (await openStore(t, clock))
  const pepper = beside?.pepper ?? randomBytes(32)
  const directory = new Directory({ store, clock, onTrouble: () => undefined })
  await directory.sync()
  const registrar = createRegistrar({ store, directory, clock, pepper })
  const guesses = createGuessLimiter(clock)
  const keyring = createKeyring({ declared, directory, pepper, clock, guesses }) as KeysOnly
  return { directory, registrar, keyring, clock, store, pepper }
}

async function openStore(t: TestContext, clock: Clock): Promise<AccessStore> {
  const dataDir = createTemporaryFolder()
  const database = await openDatabase({ store: 'sqlite', dataDir, clock, onError: () => undefined })
  t.after(() => database.close())
  return createAccessStore(database)
}
