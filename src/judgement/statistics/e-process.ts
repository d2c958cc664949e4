/** Two betting processes that may stop a gate early without spoiling its error (Waudby-Smith and Ramdas, 2024). */

export interface EarlyStopState {
  /** Evidence that the difference is above -margin, and that it is below. */
  readonly evidenceFor: number
  readonly evidenceAgainst: number
  readonly cases: number
}

export interface EarlyStop {
  /** Takes the difference of the next case, in [-1, 1], in the seeded order of the cases. */
  push(difference: number): EarlyStopState
  /** The stake that the next case is bet with. */
  readonly stakes: { readonly onPass: number; readonly onFail: number }
}

/** Evidence at which the gate stops: an error of .01 on each side (Ville's inequality). */
export const stopAt = 100
/** What the two processes leave of the error for the test at the end; nothing of an alpha of .01 or less. */
export function alphaAtEnd(alpha: number): number {
  return alpha - 1 / stopAt
}
/** No stop before this many cases. */
export const firstCheck = 20

/** Stake by the running mean and variance, which before case i know only the cases before it. */
function createBet(pseudoValue: number, largest: number) {
  let total = pseudoValue
  let squares = 0.05
  let next = 1
  let evidence = 1
  function stake(): number {
    const centre = total / next
    const spread = squares / next
    return Math.min(largest, Math.max(0, centre / (spread + centre ** 2)))
  }
  function push(value: number): number {
    evidence *= 1 + stake() * value
    total += value
    next += 1
    squares += (value - total / next) ** 2
    return evidence
  }
  return { stake, push }
}

/** Starts both processes for a margin in (0, 1). */
export function createEarlyStop(margin: number): EarlyStop {
  const pass = createBet(margin, 0.75 / (1 - margin))
  const fail = createBet(-margin, 0.75 / (1 + margin))
  let cases = 0
  return {
    push(difference) {
      cases += 1
      return {
        evidenceFor: pass.push(difference + margin),
        evidenceAgainst: fail.push(-margin - difference),
        cases,
      }
    },
    get stakes() {
      return { onPass: pass.stake(), onFail: fail.stake() }
    },
  }
}
