/** What evaluation needs from outside: models to call, and a store for runs and their rows. */

import type { Asked, EmbedTexts } from '../core/ask.ts'
import type { NanoUsd } from '../core/money.ts'
import type { GenRequest } from '../core/request.ts'
import type { CaseRow } from './row.ts'

export type { CaseRow } from './row.ts'

export interface CallOptions {
  /** Of the run; every call of it carries them. */
  readonly tags: readonly string[]
  readonly timeoutMs?: number
}

export interface Called extends Asked {
  /** Of all attempts; absent where a price is not known. */
  readonly costNanoUsd?: NanoUsd
}

/** Asks a model through the request path: routed, limited, accounted, never from a cache. Never rejects. */
export type CallModel = (request: GenRequest, options: CallOptions, signal: AbortSignal) => Promise<Called>

/** What a run may ask of models, and on whose account: of whoever has started it, or has had it go on. */
export interface RunAccount {
  readonly call: CallModel
  readonly embed: EmbedTexts
  /** Throws GatewayError where no route and no provider has this name, or the account may not ask it. */
  checkTarget(target: string): void
  /** The most that the whole run may cost, whatever its settings say. */
  readonly maxNanoUsd?: NanoUsd
}

/** `interrupted`: the process ended while it ran, and it can be resumed. */
export type RunStatus = 'running' | 'finished' | 'stopped' | 'failed' | 'interrupted'

/** A run as it is stored: enough to go on with it in another process. */
export interface StoredRun {
  readonly org: string
  readonly id: string
  readonly name: string
  readonly suiteHash: string
  readonly status: RunStatus
  readonly createdAtMs: number
  readonly endedAtMs?: number
  /** JSON of the settings with which it was started. */
  readonly settings: string
  /** `pass`, `fail` or `inconclusive`, once it is known. */
  readonly verdict?: string
  /** Why it ended early or failed. */
  readonly reason?: string
  /** JSON of the report without its rows. */
  readonly report?: string
  /** Who runs it, and until when that holds unless it is prolonged. */
  readonly lease?: RunLease
}

export interface RunLease {
  readonly holder: string
  /** Unix milliseconds. */
  readonly untilMs: number
}

/** What the gate of one run said of one of its candidates. */
export interface TargetVerdict {
  /** As the suite names it, such as `billing@8`. */
  readonly target: string
  readonly runId: string
  readonly verdict: 'pass' | 'fail' | 'inconclusive'
  /** SHA-256 of the report without its rows, in hexadecimal. */
  readonly hash: string
  readonly atMs: number
}

export interface RunPage {
  readonly data: readonly StoredRun[]
  readonly nextCursor?: string
}

export interface RowPage {
  readonly data: readonly CaseRow[]
  readonly nextCursor?: string
}

export interface EvalStore {
  addRun(run: StoredRun): Promise<void>
  run(org: string, id: string): Promise<StoredRun | undefined>
  /** Newest first. */
  runs(org: string, page: { readonly limit: number; readonly cursor?: string }): Promise<RunPage>
  changeRun(
    org: string,
    id: string,
    change: Partial<Pick<StoredRun, 'status' | 'endedAtMs' | 'verdict' | 'reason' | 'report'>>,
  ): Promise<void>
  /** Takes or prolongs the lease of a run; false while another holder's has not run out. */
  lead(org: string, id: string, lease: RunLease, nowMs: number): Promise<boolean>
  /** Ends the lease, where the holder still has it. */
  release(org: string, id: string, holder: string): Promise<void>
  /** Deletes at most `limit` rows of runs that were started before this time, and tells how many: 0 when none is left. */
  pruneRows(startedBeforeMs: number, limit: number): Promise<number>
  /** Writes all of them or none. A row replaces an earlier one of the same arm, case and repeat. */
  putRows(org: string, runId: string, rows: readonly CaseRow[]): Promise<void>
  addVerdict(org: string, verdict: TargetVerdict): Promise<void>
  newestVerdict(org: string, target: string): Promise<TargetVerdict | undefined>
  /** The JSON that was kept under the key. */
  keptAnswer(org: string, key: string): Promise<string | undefined>
  /** Keeps it for thirty days; what is older is deleted. */
  keepAnswer(org: string, key: string, answer: string, atMs: number): Promise<void>
  /** Of one case, in the order in which they were written. */
  rowsOfCase(org: string, runId: string, caseId: string): Promise<readonly CaseRow[]>
  /** In the order in which they were written. */
  rows(
    org: string,
    runId: string,
    page: { readonly limit: number; readonly cursor?: string },
  ): Promise<RowPage>
}
