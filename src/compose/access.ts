/** Builds access: the directory of keys, teams and users, the keyring over it, and what a revocation ends. */

import { inspect } from 'node:util'
import { type Acting, actingFor, type Work } from '../access/acting.ts'
import { keyRoutes } from '../access/admin.ts'
import { browserCallerRoutes, browserKeyRoutes } from '../access/browser-admin.ts'
import { createBrowserKeys } from '../access/browser-keys.ts'
import { Directory } from '../access/directory.ts'
import { createGuessLimiter } from '../access/guesses.ts'
import { type Caller, createKeyring, type DeclaredKey, declaredKeyId, type Keyring } from '../access/keys.ts'
import { createKeyOwners, type KeyOwners } from '../access/key-owners.ts'
import { createLiveCalls, type LiveCalls } from '../access/live-calls.ts'
import { teamRoutes } from '../access/owner-admin.ts'
import type { AccessStore } from '../access/port.ts'
import type { Principal } from '../access/principal.ts'
import { createRegistrar, type Registrar } from '../access/registrar.ts'
import { checkKeyWithin, checkModels, type RightsOf } from '../access/rights.ts'
import { userRoutes } from '../access/user-admin.ts'
import type { AdminCall, AdminRoute } from '../admin/route.ts'
import type { OwnerNames } from '../ledger/usage-admin.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { parseUsd } from '../core/money.ts'
import { callerSideRoute } from '../http/caller-routes.ts'
import type { SideRoute } from '../http/side-routes.ts'
import type { Budget } from '../ledger/budget.ts'
import type { Log } from '../telemetry/log.ts'
import { ownBudgetsOf } from './budgets.ts'
import { readKeyFile } from './data-dir.ts'
import { createJwtJudges } from './jwt.ts'
import type { SharedState } from './shared.ts'

export interface AccessParts {
  /** The configuration in force. */
  readonly config: () => Config
  readonly store: AccessStore
  readonly clock: Clock
  readonly log: Log
  readonly shared: Pick<SharedState, 'tellAccessChanged' | 'onAccessChanged'>
  /** Make a key where there is none yet. */
  readonly makesFirstKey: boolean
}

export interface Access extends KeyOwners {
  readonly keyring: Keyring
  readonly directory: Directory
  readonly registrar: Registrar
  readonly liveCalls: LiveCalls
  readonly routes: readonly AdminRoute[]
  /** Of teams and users, those that have been removed included. */
  readonly names: OwnerNames
  /**
   * Whoever a key of the caller's organisation is for, so that work is done on its account; undefined where there is no
   * such key, or it is not valid any more. Throws `permission_denied` for one that may do more than the caller could give.
   */
  keyFor(call: RightsOf & Pick<AdminCall, 'org'>, keyId: string): Principal | undefined
  /** Throws `permission_denied` where a key of the caller's could not ask one of these models. */
  checkModels(call: RightsOf, models: readonly string[]): void
  /** As whom work is done that the caller has started. Throws `permission_denied` where they might not start it now. */
  actingFor(call: RightsOf, work: Work): Acting
  /** For those who have an API key. */
  readonly sideRoutes: readonly SideRoute[]
  /** The text of the key that is made where there is none yet. */
  readonly firstKey: string | undefined
  /** The origins whose pages may call. Undefined where none may: then no request is looked at for it. */
  corsOrigins(): readonly string[] | undefined
  /** Those that stored keys, teams and users have of their own. */
  ownBudgets(): readonly Budget[]
  /** Called after each change of keys, teams and users, here or elsewhere. */
  onChange(listener: () => void): void
  /** The keyring of a new configuration; requests of declared keys that it lacks are ended. */
  reload(next: Config): Promise<Keyring>
  close(): Promise<void>
}

/** Rejects where the store cannot be read. */
export async function createAccess({
  config,
  store: own,
  clock,
  log,
  shared,
  makesFirstKey,
}: AccessParts): Promise<Access> {
  const store: AccessStore = {
    changedSince: (seq) => own.changedSince(seq),
    async write(rows) {
      const seq = await own.write(rows)
      if (seq !== undefined) shared.tellAccessChanged()
      return seq
    },
  }
  const pepper = pepperOf(config(), log)
  const directory = new Directory({
    store,
    clock,
    onTrouble(cause) {
      if (cause === undefined) log.info('API keys are read again')
      else log.error({ cause: inspect(cause) }, 'API keys cannot be read; those that are known hold on')
    },
  })
  await directory.open()
  shared.onAccessChanged(() => void directory.hurry())
  const registrar = createRegistrar({ store, directory, clock, pepper })
  const liveCalls = createLiveCalls()
  const cut = (keyId: string) => {
    if (config().access.cutStreams) liveCalls.cut(keyId)
  }
  directory.onRevoked(cut)
  const judges = createJwtJudges(directory, clock)
  const jwt = await judges.of(config().access.jwt)
  const browserKeys = createBrowserKeys(pepper)
  let keyring = createKeyring({
    declared: config().keys.map(toDeclared),
    directory,
    pepper,
    clock,
    guesses: createGuessLimiter(clock),
    ...(jwt && { jwt }),
    ...(config().access.browserKeys && { browserKeys }),
  })
  const isFirst = makesFirstKey && directory.keys.size === 0 && keyring.declared.length === 0
  const firstWish = { org: 'default', name: 'first', metadata: {}, rules: {} }
  const firstKey = isFirst ? (await registrar.createKey(firstWish)).text : undefined
  const hasRoute = (name: string) => Object.hasOwn(config().routes, name)
  const parts = { directory, registrar, clock, hasRoute, declared: () => keyring.declared }
  const browserParts = {
    directory,
    clock,
    browserKeys,
    bounds: () => config().access.browserKeys,
    parentOf: (keyId: string) => keyring.parentOf(keyId),
    identify: async (caller: Caller) => keyring.identify(caller),
  }
  const owners = createKeyOwners({
    directory,
    declared: () => keyring.declared,
    issuers: () => config().access.jwt,
  })
  return {
    ...owners,
    keyring,
    directory,
    registrar,
    liveCalls,
    names: {
      team: (id) => directory.teams.get(id)?.name,
      user: (id) => directory.users.get(id)?.name,
    },
    routes: [
      ...keyRoutes(parts),
      ...browserKeyRoutes(browserParts),
      ...teamRoutes(parts),
      ...userRoutes(parts),
    ],
    sideRoutes: [callerSideRoute('/v1/browser-keys', browserCallerRoutes(browserParts))],
    firstKey,
    corsOrigins: () => config().access.browserKeys?.origins,
    keyFor(call, keyId) {
      const key = keyring.parentOf(keyId)
      if (key?.principal.org !== call.org) return undefined
      checkKeyWithin(call, key.rules, directory)
      return key.principal
    },
    checkModels: (call, models) => checkModels(call, models, directory),
    actingFor: (call, work) => actingFor(work, call, directory),
    ownBudgets: () => ownBudgetsOf(directory),
    onChange: (listener) => directory.onChange(listener),
    async reload(next) {
      const before = keyring.declared
      const judge = await judges.of(next.access.jwt)
      keyring = keyring.renewed({
        declared: next.keys.map(toDeclared),
        ...(judge && { jwt: judge }),
        ...(next.access.browserKeys && { browserKeys }),
      })
      for (const key of before) {
        const isKept = keyring.declared.some((kept) => isSame(kept, key))
        if (!isKept) cut(declaredKeyId(key.name))
      }
      return keyring
    },
    async close() {
      directory.close()
      await judges.close()
    },
  }
}

/** Keys are known to all instances of a store that have the same pepper, and to no others. */
function pepperOf({ access, store, dataDir }: Config, log: Log): Buffer {
  if (access.pepper) return Buffer.from(access.pepper.reveal())
  if (store !== 'sqlite')
    log.warn('no `access.pepper`: instances with other data folders will not know the keys')
  return readKeyFile(dataDir, 'pepper')
}

function isSame(a: DeclaredKey, b: DeclaredKey): boolean {
  return a.name === b.name && a.secret.reveal() === b.secret.reveal()
}

function toDeclared({
  expiresAt,
  maxUsdPerRequest,
  budgets: _,
  ...key
}: Config['keys'][number]): DeclaredKey {
  return {
    ...key,
    ...(expiresAt !== undefined && { expiresAtMs: Date.parse(expiresAt) }),
    ...(maxUsdPerRequest !== undefined && { maxNanoUsdPerRequest: parseUsd(String(maxUsdPerRequest))! }),
  }
}
