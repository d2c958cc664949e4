/** Takes reports in, keeps one alert of each thing while it lasts, and has channels told of its beginning and end. */

import type { Clock } from '../core/clock.ts'
import { type Alert, type Notice, type Resolution, severities, type Signal } from './alert.ts'
import type { AlertStore } from './port.ts'

export interface AlertsOptions {
  readonly store: AlertStore
  readonly clock: Clock
  readonly newId: () => string
  /** The names of the channels that want alerts of this kind. */
  readonly channelsFor: (kind: Signal['kind']) => readonly string[]
  /** Told of each alert that begins, gets worse or ends, here. */
  readonly onNotice: (notice: Notice) => void
  readonly onError: (cause: unknown) => void
}

export interface Alerts {
  /** Returns at once, never throws. May be called as often as it is true. */
  raise(signal: Signal): void
  resolve(what: Resolution): void
  /**
   * Resolves it where no instance has reported it for so long. Gives whether it is over: where it is not, or cannot be
   * stored, it has to be asked for again. Never rejects.
   */
  end(what: Resolution, quietMs: number): Promise<boolean>
  /** Resolves when all that was reported is stored. */
  settled(): Promise<void>
}

/** The same report within this time changes nothing that is worth a write. */
const quietMs = 60_000
const maxKnown = 10_000

interface Known {
  readonly severity: Signal['severity']
  readonly atMs: number
}

export function createAlerts(options: AlertsOptions): Alerts {
  const { store, clock, newId, channelsFor, onNotice, onError } = options
  /** What this instance has reported lately. A hint: the store decides what is open. */
  const known = new Map<string, Known>()
  let tail = Promise.resolve()

  const enqueue = (work: () => Promise<void>): void => {
    tail = tail.then(work).catch(onError)
  }

  const raise = async (signal: Signal): Promise<void> => {
    const given = { id: newId(), nowMs: clock.nowMs(), channels: channelsFor(signal.kind) }
    try {
      const { alert, occasion } = await store.raise(signal, given)
      if (occasion !== 'repeated') onNotice({ occasion, alert })
    } catch (cause) {
      known.delete(keyOf(signal))
      throw cause
    }
  }

  /** Whether there was something to resolve. */
  const resolve = async (what: Resolution, quietMs = 0): Promise<boolean> => {
    const nowMs = clock.nowMs()
    const given = { nowMs, channels: channelsFor(what.kind), quietSinceMs: nowMs - quietMs }
    const alert = await store.resolve(what, given)
    if (alert) onNotice({ occasion: 'resolved', alert })
    return alert !== undefined
  }

  const end = async (what: Resolution, quietMs: number): Promise<boolean> =>
    (await resolve(what, quietMs)) || !(await store.open()).some((one) => keyOf(one) === keyOf(what))

  return {
    raise(signal) {
      const key = keyOf(signal)
      const before = known.get(key)
      const atMs = clock.monotonicMs()
      if (before && atMs - before.atMs < quietMs && rank(signal) <= rank(before)) return
      if (known.size >= maxKnown) known.clear()
      known.set(key, { severity: signal.severity, atMs })
      enqueue(() => raise(signal))
    },
    resolve(what) {
      known.delete(keyOf(what))
      enqueue(async () => void (await resolve(what)))
    },
    end(what, quietMs) {
      known.delete(keyOf(what))
      return new Promise((tell) => {
        enqueue(() =>
          end(what, quietMs).then(tell, (cause: unknown) => {
            tell(false)
            throw cause
          }),
        )
      })
    },
    settled: () => tail,
  }
}

function keyOf({ org, kind, subject }: Resolution): string {
  return `${org} ${kind} ${subject}`
}

function rank({ severity }: Pick<Alert, 'severity'>): number {
  return severities.indexOf(severity)
}
