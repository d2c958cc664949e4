/** Moves routes: new revisions, promotion, rollback, holds. Every move is in the audit before it is made. */

import type { AuditLog } from '../audit/log.ts'
import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import type { Json } from '../core/json.ts'
import { canonicalJson } from '../judgement/suite/case-id.ts'
import type { FindVerdict, Hold, Move, MoveKind, Pointer, Revision, RolloutStore } from './port.ts'
import type { Shelf } from './shelf.ts'

export interface RolloutParts {
  readonly org: string
  readonly store: RolloutStore
  readonly shelf: Shelf
  readonly audit: AuditLog
  readonly clock: Clock
  readonly verdictOf: FindVerdict
  /** A verdict older than this does not promote. */
  readonly maxGateAgeMs: () => number
  /** Settings as they are read today: defaults that were added since are in it. Undefined where they cannot be read. */
  readonly complete: (settings: Json) => Json | undefined
}

/** Who moves, and why. */
export interface Mover {
  readonly actor: string
  readonly reason?: string
  /** The admin API has it in the audit already. */
  readonly isAudited?: true
}

export interface Promotion extends Mover {
  readonly to: number
  /** Promote without a passing gate; `reason` says why. */
  readonly isOverride?: boolean
  readonly ladder?: { readonly shares: readonly number[]; readonly stepMs: number }
}

export class Rollout {
  readonly #parts: RolloutParts

  constructor(parts: RolloutParts) {
    this.#parts = parts
  }

  /** Makes a revision of each route that differs from the last one of the file. */
  async adopt(routes: Readonly<Record<string, Json>>): Promise<void> {
    for (const [route, settings] of Object.entries(routes)) {
      const last = this.revisions(route).findLast(({ source }) => source === 'file')
      const known = last && this.#parts.complete(last.settings)
      if (known !== undefined && canonicalJson(known) === canonicalJson(settings)) continue
      await this.#add(route, settings, 'file', { actor: 'configuration' })
    }
  }

  /** Adds a revision through the API. It goes live as one of the file would. */
  async add(route: string, settings: Json, mover: Mover): Promise<Revision> {
    this.pointer(route)
    const number = await this.#add(route, settings, 'api', mover)
    return this.revision(route, number)
  }

  /** A hold whose time is over is none any more. Throws `not_found`. */
  pointer(route: string): Pointer {
    const { org, shelf, clock } = this.#parts
    const pointer = shelf.pointer(org, route)
    if (pointer === undefined) throw new GatewayError('not_found', `There is no route ${route}.`)
    const { hold, ...rest } = pointer
    return hold?.untilMs !== undefined && hold.untilMs <= clock.nowMs() ? rest : pointer
  }

  /** Oldest first. */
  revisions(route: string): readonly Revision[] {
    return this.#parts.shelf.revisions(this.#parts.org, route)
  }

  /** Throws `not_found`. */
  revision(route: string, number: number): Revision {
    const revision = this.#parts.shelf.revision(this.#parts.org, route, number)
    if (revision) return revision
    throw new GatewayError('not_found', `The route ${route} has no revision ${number}.`)
  }

  /** Newest first. */
  moves(route: string, limit: number): Promise<readonly Move[]> {
    return this.#parts.store.moves(this.#parts.org, route, limit)
  }

  isProtected(route: string): boolean {
    const { live } = this.pointer(route)
    return isProtected(this.revision(route, live).settings)
  }

  /**
   * Makes a revision live, at once or up the ladder. Throws `gate_missing` where the route is protected and no
   * fresh gate has passed this revision, unless it is overridden with a reason.
   */
  async promote(route: string, promotion: Promotion): Promise<Pointer> {
    const { to, ladder } = promotion
    const pointer = this.pointer(route)
    const revision = this.revision(route, to)
    if (pointer.live === to) throw new GatewayError('conflict', `Revision ${to} of ${route} is live already.`)
    const gateHash = await this.#gateOf(revision, promotion)
    const { canary: _, ...rest } = pointer
    if (!ladder) return this.#move({ ...rest, live: to }, 'promote', promotion, gateHash)
    const { actor } = promotion
    const canary = { revision: to, startedAtMs: this.#parts.clock.nowMs(), ...ladder, actor }
    return this.#move({ ...rest, canary }, 'canary-start', promotion, gateHash)
  }

  /** Back to the revision before, or to the one named; a canary under way is stopped, and that is all. */
  async rollback(route: string, mover: Mover & { readonly to?: number }): Promise<Pointer> {
    const { canary, ...pointer } = this.pointer(route)
    if (canary && mover.to === undefined) return this.#move(pointer, 'canary-stop', mover)
    const to = mover.to ?? (await this.#before(pointer))
    if (to === undefined) throw new GatewayError('conflict', `The route ${route} has nowhere to go back to.`)
    this.revision(route, to)
    if (to === pointer.live) throw new GatewayError('conflict', `Revision ${to} of ${route} is live already.`)
    return this.#move({ ...pointer, live: to }, 'rollback', mover)
  }

  /** The canary has come to the end of its ladder. False where somebody else has moved the route. */
  async finishCanary({ canary, ...pointer }: Pointer): Promise<void> {
    if (!canary) return
    const mover = { actor: 'canary', reason: 'every step of the ladder has held' }
    await this.#move({ ...pointer, live: canary.revision }, 'promote', mover)
  }

  async stopCanary({ canary: _, ...pointer }: Pointer, reason: string): Promise<void> {
    await this.#move(pointer, 'canary-stop', { actor: 'canary', reason })
  }

  /** Moves by itself, on drift. Throws `conflict` where somebody else has moved the route since. */
  moveOnDrift({ canary: _, ...pointer }: Pointer, to: number, reason: string): Promise<Pointer> {
    return this.#move({ ...pointer, live: to }, 'drift', { actor: 'drift', reason })
  }

  /** Nothing moves the route by itself from now on. */
  hold(route: string, { untilMs, ...mover }: Mover & Omit<Hold, 'actor'>): Promise<Pointer> {
    const { actor, reason } = mover
    const hold: Hold = { actor, reason, ...(untilMs !== undefined && { untilMs }) }
    return this.#move({ ...this.pointer(route), hold }, 'hold', mover)
  }

  unhold(route: string, mover: Mover): Promise<Pointer> {
    const { hold: _, ...pointer } = this.pointer(route)
    return this.#move(pointer, 'unhold', mover)
  }

  /** Gives the new revision's number. */
  async #add(route: string, settings: Json, source: Revision['source'], mover: Mover): Promise<number> {
    const { org, store, shelf, clock } = this.#parts
    const pointer = shelf.pointer(org, route)
    const number = (this.revisions(route).at(-1)?.number ?? 0) + 1
    const atMs = clock.nowMs()
    const { actor } = mover
    const revision = { org, route, number, source, settings, createdAtMs: atMs, createdBy: actor }
    // Lifting the protection is itself a change that waits.
    const waits = pointer !== undefined && (isProtected(settings) || this.isProtected(route))
    await this.#recorded(
      { route, action: 'route.revision', mover, after: { number, source, settings } },
      () => {
        if (waits) return store.write({ revision })
        const { canary: _, ...rest } = pointer ?? { org, route, seq: 0 }
        const move = { org, route, atMs, kind: 'add', to: number, actor } as const
        return store.write({
          revision,
          pointer: { ...rest, live: number, changedAtMs: atMs },
          move: pointer ? { ...move, from: pointer.live } : move,
        })
      },
    )
    return number
  }

  async #move(next: Pointer, kind: MoveKind, mover: Mover, gateHash?: string): Promise<Pointer> {
    const { org, store, clock } = this.#parts
    const { route, live: to } = next
    const { live: from } = this.pointer(route)
    const { actor, reason } = mover
    const atMs = clock.nowMs()
    const words = { ...(reason !== undefined && { reason }), ...(gateHash !== undefined && { gateHash }) }
    const target = next.canary?.revision ?? to
    const after: Json = { live: to, target, ...words }
    await this.#recorded({ route, action: `route.${kind}`, mover, before: { live: from }, after }, () =>
      store.write({
        pointer: { ...next, changedAtMs: atMs },
        move: { org, route, atMs, kind, from, to: target, actor, ...words },
      }),
    )
    return this.pointer(route)
  }

  /** Throws `conflict` where another instance was faster. */
  async #recorded(
    act: {
      readonly route: string
      readonly action: string
      readonly mover: Mover
      readonly before?: Json
      readonly after: Json
    },
    write: () => Promise<boolean>,
  ): Promise<void> {
    const { org, audit, shelf } = this.#parts
    const { route, mover, action, after } = act
    const told = { org, actor: mover.actor, action, object: `route:${route}` }
    const before = act.before !== undefined && { before: act.before }
    const seq = mover.isAudited ? undefined : await audit.record({ ...told, ...before, after })
    const isDone = await write()
    await shelf.sync()
    if (isDone) return
    if (seq !== undefined) await audit.record({ ...told, failed: { seq, code: 'conflict' } })
    throw new GatewayError('conflict', `The route ${route} has just been moved by somebody else.`)
  }

  /** The hash of the verdict that lets the revision pass; undefined where none is needed. */
  async #gateOf(revision: Revision, { isOverride, reason }: Promotion): Promise<string | undefined> {
    const { org, verdictOf, maxGateAgeMs, clock } = this.#parts
    const { route, number } = revision
    const verdict = await verdictOf(org, route, number)
    const isPassed =
      verdict?.verdict === 'pass' &&
      verdict.atMs >= revision.createdAtMs &&
      verdict.atMs >= clock.nowMs() - maxGateAgeMs()
    if (isPassed) return verdict.hash
    if (!this.isProtected(route) && !isProtected(revision.settings)) return undefined
    if (isOverride) {
      if (reason !== undefined) return undefined
      throw new GatewayError('invalid_request', 'An override needs a reason.', { param: 'reason' })
    }
    const why = whyNot(verdict)
    const mend = `weir eval run SUITE --candidate ${route}@${number}`
    throw new GatewayError(
      'gate_missing',
      `Revision ${number} of ${route} may not go live: ${why} (${mend}).`,
    )
  }

  /** What was live before the move that brought what is live now; moves back do not count. */
  async #before({ route, live }: Pointer): Promise<number | undefined> {
    const moves = await this.moves(route, 1000)
    const brought = moves.find(
      ({ kind, to, from }) => (kind === 'add' || kind === 'promote') && to === live && from !== live,
    )
    return brought?.from
  }
}

function isProtected(settings: Json): boolean {
  return (settings as { readonly protected?: boolean }).protected === true
}

/** Why a gate does not let a revision pass. */
function whyNot(verdict: Awaited<ReturnType<FindVerdict>>): string {
  if (verdict === undefined) return 'no gate has been run on it'
  if (verdict.verdict !== 'pass') return `its last gate says ${verdict.verdict}`
  const at = new Date(verdict.atMs).toISOString()
  return `its last gate passed on ${at}, longer ago than \`rollout.maxGateAgeHours\` or before the revision was made`
}
