/** Which golden sets run by themselves, and when: those of the configuration, and what people have decided since. */

import type { Clock } from '../core/clock.ts'
import { GatewayError } from '../core/error.ts'
import { cronFault } from './cron.ts'
import type { GoldenSet } from './golden.ts'
import type { GoldenShelf, Kept } from './golden-shelf.ts'
import type { DriftStore, SetSchedule, SetTimes } from './port.ts'

/** A set with its times in force. */
export interface Scheduled extends Kept {
  /** Slots before were of another schedule, or there was none: nobody has missed them. */
  readonly sinceMs: number
  /** Who decided its times; absent where the set's own hold. */
  readonly by?: string
}

export interface Schedules {
  /** The sets that the configuration names. */
  configure(sets: readonly Kept[]): void
  /** All that are known here or to the store, with or without a schedule, as it is now. */
  inForce(): Promise<readonly Scheduled[]>
  /** Decides when the set runs; without `times` it does not. Throws `invalid_request` and `not_found`. */
  decide(org: string, set: string, times: SetTimes | undefined, by: string): Promise<void>
  /** The set's own times hold again, if the configuration names it. Throws `not_found` where nothing was decided. */
  forget(org: string, set: string): Promise<void>
}

export interface ScheduleParts {
  readonly store: Pick<DriftStore, 'schedules' | 'putSchedule' | 'deleteSchedule' | 'goldenVersions'>
  readonly shelf: GoldenShelf
  readonly clock: Clock
  readonly org: string
  /** A kept set that cannot be opened is left out. */
  readonly onFault: (set: string, cause: unknown) => void
}

export function createSchedules({ store, shelf, clock, org, onFault }: ScheduleParts): Schedules {
  let configured: ReadonlyMap<string, Kept> = new Map()
  /** Sets that only the store has: opening one is work, and most looks find what was there before. */
  let opened: ReadonlyMap<string, Kept> = new Map()

  async function openAll(decided: readonly SetSchedule[]): Promise<ReadonlyMap<string, Kept>> {
    const names = decided.map(({ set }) => set).filter((name) => !configured.has(name))
    if (names.length === 0) return new Map()
    const newest = await store.goldenVersions(org)
    const found = new Map<string, Kept>()
    for (const name of names) {
      const known = opened.get(name)
      try {
        const isNewest = known !== undefined && known.version.version === newest.get(name)
        found.set(name, isNewest ? known : await shelf.open(org, name))
      } catch (cause) {
        onFault(name, cause)
      }
    }
    return found
  }

  return {
    configure(sets) {
      configured = new Map(sets.map((kept) => [kept.set.name, kept]))
    },
    async inForce() {
      const decided = await store.schedules(org)
      opened = await openAll(decided)
      const bySet = new Map(decided.map((one) => [one.set, one]))
      return [...configured.values(), ...opened.values()].map((kept) =>
        scheduled(kept, bySet.get(kept.set.name)),
      )
    },
    async decide(org, set, times, by) {
      const kept = await shelf.open(org, set)
      if (times !== undefined) {
        const fault = cronFault(times.schedule, times.timezone ?? kept.set.timezone)
        if (fault) throw new GatewayError('invalid_request', `${fault.of}: ${fault.message}. ${fault.mend}`)
      }
      const changedAtMs = clock.nowMs()
      await store.putSchedule({ org, set, changedAtMs, changedBy: by, ...(times && { times }) })
    },
    async forget(org, set) {
      if (await store.deleteSchedule(org, set)) return
      throw new GatewayError('not_found', `Nobody has decided when ${set} runs.`)
    },
  }
}

function scheduled({ version, set }: Kept, decided: SetSchedule | undefined): Scheduled {
  if (decided === undefined) return { version, set, sinceMs: version.createdAtMs }
  const { schedule: _own, ...rest } = set
  const timed: GoldenSet = { ...rest, ...decided.times }
  return { version, set: timed, sinceMs: decided.changedAtMs, by: decided.changedBy }
}
