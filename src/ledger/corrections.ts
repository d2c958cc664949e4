/** Books corrections, and has budgets count them when the file has them. */

import { GatewayError } from '../core/error.ts'
import type { DirectEntry, Journal } from './port.ts'

export interface CorrectionParts {
  readonly journal: Pick<Journal, 'enter' | 'commit' | 'mended'>
  /** Counts all budgets again, with what came in sideways. */
  recount(): Promise<void>
  onError(cause: unknown): void
}

/** Rejects with `ledger_unavailable` where they wait for the file to mend; then budgets count them later. */
export async function enterCorrections(lines: readonly DirectEntry[], parts: CorrectionParts): Promise<void> {
  const { journal, recount, onError } = parts
  for (const line of lines) journal.enter(line)
  if (!(await journal.commit())) {
    void journal.mended().then(recount).catch(onError)
    throw new GatewayError(
      'ledger_unavailable',
      'The ledger cannot be written now. The corrections wait for it: compare again before you repeat them.',
    )
  }
  await recount()
}
