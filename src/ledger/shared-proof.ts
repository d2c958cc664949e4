/** Proves that the shared ledger has what this instance's journal has shipped to it, line by line. */

import type { Outbox, SharedLedger, SharedSums } from './port.ts'

export interface SharedProof {
  readonly sums: SharedSums
  /** Lines of this journal that were compared: those whose month the shared ledger keeps. */
  readonly compared: number
  /** Lines that have not been shipped. */
  readonly waiting: number
  /** What does not agree, at most a hundred sentences; empty is the proof. */
  readonly differences: readonly string[]
}

const step = 500
const maxDifferences = 100

/** Reads every shipped line once. Rejects with `store_unavailable` where the shared ledger is out of reach. */
export async function proveShared<Line>(
  outbox: Outbox<Line>,
  shared: SharedLedger<Line>,
): Promise<SharedProof> {
  const differences: string[] = []
  let compared = 0
  for (let next = outbox.shippedAfter(0, step); next; next = outbox.shippedAfter(next.lastSeq, step)) {
    const found = await shared.missing(next.lines)
    compared += found.compared
    for (const told of found.differences) {
      if (differences.length < maxDifferences) differences.push(told)
    }
  }
  return { sums: await shared.sums(), compared, waiting: outbox.waiting, differences }
}
