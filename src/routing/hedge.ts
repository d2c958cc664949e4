/** Two attempts at one request at once: the first to have something for the client wins, the other is cancelled. */

import { GatewayError } from '../core/error.ts'
import { Interrupt } from '../core/interrupt.ts'
import type { AttemptContext } from '../upstream/operation.ts'
import type { Outlet } from '../upstream/outlet.ts'
import type { HedgePolicy } from './route.ts'

/** Bounds the share of requests that are hedged. */
export interface HedgeBudget {
  /** A request came on a route with this policy. */
  deposit(policy: HedgePolicy | undefined): void
  spend(): boolean
}

/** Hedges that a quiet time may save up. */
const maxSaved = 10

export function createHedgeBudget(): HedgeBudget {
  let saved = 0
  return {
    deposit(policy) {
      if (policy) saved = Math.min(maxSaved, saved + policy.maxShare)
    },
    spend() {
      if (saved < 1) return false
      saved--
      return true
    },
  }
}

/** Of an attempt, all that a race looks at. */
interface Ended {
  readonly error?: GatewayError
}

type Runner<Made> = (context: AttemptContext) => Promise<Made>

export interface RaceOptions<Made> {
  readonly context: AttemptContext
  /** How long the first one has before the second joins. */
  readonly afterMs: number
  readonly first: Runner<Made>
  /** Asked for when the time has come; undefined: the first goes on alone. */
  readonly second: () => Runner<Made> | undefined
}

/** Resolves when both have ended. A loser was cancelled with `superseded`, or had failed by itself. */
export async function race<Made extends Ended>(
  options: RaceOptions<Made>,
): Promise<{ winner: Made; loser?: Made }> {
  const { context, afterMs } = options
  const track = new Track(context)
  const running = [track.run(options.first)]
  let timer: NodeJS.Timeout | undefined
  const isLate = await Promise.race([
    running[0]!.then(() => false),
    new Promise<boolean>((resolve) => (timer = setTimeout(resolve, afterMs, true))),
  ])
  clearTimeout(timer)
  const second = isLate && !track.hasWinner && !context.interrupt.reason ? options.second() : undefined
  if (second) running.push(track.run(second))
  const [a, b] = await Promise.all(running)
  if (b === undefined) return { winner: a!.attempt }
  return a!.lane.hasWon ? { winner: a!.attempt, loser: b.attempt } : { winner: b.attempt, loser: a!.attempt }
}

class Track {
  readonly #context: AttemptContext
  readonly #lanes: Lane[] = []
  #winner: Lane | undefined

  constructor(context: AttemptContext) {
    this.#context = context
    context.interrupt.on((reason) => {
      for (const lane of this.#lanes) lane.interrupt.raise(reason)
    })
  }

  get hasWinner(): boolean {
    return this.#winner !== undefined
  }

  async run<Made extends Ended>(runner: Runner<Made>): Promise<{ lane: Lane; attempt: Made }> {
    const lane = new Lane(
      this.#context.outlet,
      () => this.#claim(lane),
      () => this.#winner,
    )
    this.#lanes.push(lane)
    const attempt = await runner({ ...this.#context, outlet: lane, interrupt: lane.interrupt })
    if (!attempt.error) this.#claim(lane)
    return { lane, attempt }
  }

  #claim(lane: Lane): boolean {
    if (this.#winner) return this.#winner === lane
    this.#winner = lane
    const reason = new GatewayError('superseded', 'Another attempt at the same request answered first.')
    for (const other of this.#lanes) if (other !== lane) other.interrupt.raise(reason)
    return true
  }
}

/** One attempt's end of the answer: only the winner's reaches the client. */
class Lane implements Outlet {
  readonly interrupt = new Interrupt()
  readonly #outlet: Outlet
  readonly #claim: () => boolean
  readonly #winner: () => Lane | undefined

  constructor(outlet: Outlet, claim: () => boolean, winner: () => Lane | undefined) {
    this.#outlet = outlet
    this.#claim = claim
    this.#winner = winner
  }

  get hasWon(): boolean {
    return this.#winner() === this
  }

  get isGone(): boolean {
    return this.#outlet.isGone || (this.#winner() !== undefined && !this.hasWon)
  }

  begin(status: number, headers: Readonly<Record<string, string>>): void {
    if (this.#claim()) this.#outlet.begin(status, headers)
  }

  write(chunk: string | Buffer): boolean {
    return this.hasWon ? this.#outlet.write(chunk) : true
  }

  end(): void {
    if (this.hasWon) this.#outlet.end()
  }

  send(status: number, headers: Readonly<Record<string, string>>, body: string | Buffer): void {
    if (this.#claim()) this.#outlet.send(status, headers, body)
  }

  destroy(): void {
    if (this.hasWon) this.#outlet.destroy()
  }

  onDrain(listener: () => void): void {
    this.#outlet.onDrain(() => {
      if (this.hasWon) listener()
    })
  }
}
