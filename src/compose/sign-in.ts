/** Builds the ways into the administration: sessions, accounts, and their rows. */

import { createHmac } from 'node:crypto'
import { inspect } from 'node:util'
import { accountRoutes } from '../access/account-admin.ts'
import { Accounts } from '../access/accounts.ts'
import type { Directory } from '../access/directory.ts'
import { createGuessLimiter } from '../access/guesses.ts'
import { createLockOut } from '../access/lock-out.ts'
import { createPasswords } from '../access/password.ts'
import type { StoredUser, TicketStore } from '../access/port.ts'
import type { Registrar } from '../access/registrar.ts'
import { isSameSecret } from '../access/same-secret.ts'
import { createCookies, isAdminToken, Sessions } from '../access/sessions.ts'
import { type AdminCaller, ownerCaller } from '../admin/policy.ts'
import type { AdminRoute } from '../admin/route.ts'
import type { AuditLog } from '../audit/log.ts'
import { RefusalLog } from '../audit/refusals.ts'
import type { Config } from '../config/load.ts'
import type { Clock } from '../core/clock.ts'
import { asString, type JsonObject } from '../core/json.ts'
import type { Secret } from '../core/secret.ts'
import type { SignedIn, SignIns } from '../http/sign-in.ts'
import type { Log } from '../telemetry/log.ts'
import { createOidcWay } from './oidc.ts'

export interface SignInParts {
  /** The configuration in force. */
  readonly config: () => Config
  readonly tickets: TicketStore
  readonly directory: Directory
  readonly registrar: Registrar
  readonly audit: AuditLog
  readonly clock: Clock
  readonly log: Pick<Log, 'warn'>
  /** Where the administration listens; empty while it does not. */
  readonly adminUrl: () => string
}

export interface SignInWays {
  readonly signIns: SignIns
  readonly routes: readonly AdminRoute[]
  /** The address that opens an owner's session, once. */
  createLink(): Promise<string>
  /** Where people open the dashboard, without a slash at its end. */
  readonly dashboardUrl: () => string
  close(): Promise<void>
}

export function createSignIns(parts: SignInParts): SignInWays {
  const { config, tickets, directory, registrar, audit, clock, log, adminUrl } = parts
  const sessions = new Sessions(tickets, clock)
  const passwords = createPasswords()
  const lockOut = createLockOut(clock)
  const accounts = new Accounts({ directory, registrar, sessions, passwords, lockOut, clock })
  const guesses = createGuessLimiter(clock)
  const refusals = new RefusalLog({
    audit,
    clock,
    onTrouble: (cause) => log.warn({ cause: inspect(cause) }, 'refused sign-ins are not in the audit yet'),
  })
  const { server, admin } = config()
  const cookies = createCookies(server.tls !== undefined || admin.url?.startsWith('https:') === true)
  const dashboardUrl = () => config().admin.url?.replace(/\/$/, '') ?? adminUrl()

  const openAsOwner = async (name: string, detail?: (token: string) => JsonObject): Promise<SignedIn> => {
    const caller = ownerCaller(name)
    const wish = { org: caller.org, ...(detail && { detail }) }
    return { caller, cookie: cookies.session(await sessions.make('session', wish)) }
  }
  const openByToken = () =>
    openAsOwner('admin-token', (token) => ({ by: markOf(token, config().admin.token) }))
  const openFor = async ({ org, id }: StoredUser): Promise<SignedIn> => {
    const token = await sessions.make('session', { org, user: id })
    const caller = accounts.callerOf({ org, user: id, madeAtMs: clock.nowMs() })
    return { caller: caller ?? nobody(org, id), cookie: cookies.session(token) }
  }
  const byLink = async (link: string) =>
    (await sessions.take('link', link)) ? openAsOwner('sign-in-link') : undefined

  const oidc = createOidcWay({
    settings: () => config().admin.oidc,
    dashboardUrl,
    accounts,
    sessions,
    cookies,
    lockOut,
    audit,
    clock,
    openFor,
  })

  return {
    routes: accountRoutes({
      directory,
      registrar,
      accounts,
      clock,
      dashboardUrl,
      hasRoute: (name) => Object.hasOwn(config().routes, name),
    }),
    dashboardUrl,
    createLink: async () =>
      `${dashboardUrl()}/sign-in?token=${await sessions.make('link', { org: 'default' })}`,
    async close() {
      await refusals.close()
      await oidc.close()
    },
    signIns: {
      async callerOf(cookie) {
        const token = cookies.readSession(cookie)
        const ticket = token === undefined ? undefined : await sessions.find('session', token)
        if (!ticket) return undefined
        if (ticket.user !== undefined) return accounts.callerOf(ticket)
        const by = asString(ticket.detail['by'])
        const isOver = by !== undefined && !isSameMark(by, markOf(token!, config().admin.token))
        return isOver ? undefined : ownerCaller('session')
      },
      byLink,
      byToken: (token) => (isAdminToken(token, config().admin.token) ? openByToken() : byLink(token)),
      byPassword: async (email, password, address) =>
        openFor(await accounts.signIn(email, password, address)),
      byInvitation: async (token, password) => openFor(await accounts.accept(token, password)),
      async end(cookie) {
        const token = cookies.readSession(cookie)
        if (token !== undefined) await sessions.take('session', token)
        return cookies.session('')
      },
      ways() {
        const { token, oidc: provider } = config().admin
        return {
          token: token !== undefined,
          password: hasPasswords(directory),
          ...(provider && { oidc: provider.name }),
        }
      },
      oidc: () => oidc.current(),
      refused({ way, email, address }) {
        const user = email === undefined ? undefined : accounts.byEmail(email)?.id
        refusals.note({ way, ...(user !== undefined && { user }), ...(address !== undefined && { address }) })
        const tooMany = way === 'token' ? guesses.note(address) : undefined
        if (tooMany) throw tooMany
      },
    },
  }
}

/**
 * What a session keeps of the admin token that opened it, so that it ends with that token. Only whoever holds the session
 * can tell what it was made of.
 */
function markOf(session: string, token: Secret | undefined): string {
  return createHmac('sha256', session)
    .update(token?.reveal() ?? '')
    .digest('hex')
}

function isSameMark(kept: string, now: string): boolean {
  return isSameSecret(Buffer.from(kept, 'hex'), Buffer.from(now, 'hex'))
}

/** Somebody whose account went while they signed in: the session is there and allows nothing. */
function nobody(org: string, user: string): AdminCaller {
  return { name: `user:${user}`, org, user, grants: [] }
}

function hasPasswords({ users }: Directory): boolean {
  for (const { account, removedAtMs } of users.values()) {
    if (account?.passwordHash !== undefined && removedAtMs === undefined) return true
  }
  return false
}
