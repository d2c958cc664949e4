/** What idempotency keys need kept. A storage implements it; it sees of this folder only this file. */

/** Which request: whose, by which route, under which key. */
export interface ClaimId {
  readonly org: string
  readonly keyId: string
  /** SHA-256, in hexadecimal, of the route and the client's idempotency key. */
  readonly digest: string
}

/** A request that runs, or its kept answer. */
export interface Claim extends ClaimId {
  /** Of the run that has made the claim. */
  readonly requestId: string
  /** SHA-256, in hexadecimal, of the request's canonical body. */
  readonly bodySha256: string
  /** In Unix milliseconds: until then the run is believed to go on. */
  readonly leaseUntilMs: number
  /** In Unix milliseconds. */
  readonly expiresAtMs: number
  /** Sealed. Absent while the run goes on. */
  readonly answer?: Uint8Array
}

/** What an answer costs the store at most, all together. */
export interface KeptBounds {
  readonly maxAnswers: number
  readonly maxBytes: number
}

export interface ClaimStore {
  /**
   * In one step: makes this claim where there is none, or none that still holds (expired, or without an answer after
   * its lease). Gives the claim that stands then, which is the caller's where it has the caller's `requestId`.
   */
  claim(claim: Claim, nowMs: number): Promise<Claim>
  /** Keeps the answer of the run; nothing happens where another run has taken over. */
  complete(id: ClaimId, requestId: string, answer: Uint8Array, expiresAtMs: number): Promise<void>
  /** Deletes the claim of the run; nothing happens where another run has taken over, or an answer is kept. */
  release(id: ClaimId, requestId: string): Promise<void>
  renew(requestIds: readonly string[], leaseUntilMs: number): Promise<void>
  /** Deletes the claims of these runs and of these keys, with their answers, and tells how many. */
  forget(
    org: string,
    runs: { readonly requestIds: readonly string[]; readonly keyIds: readonly string[] },
  ): Promise<number>
  /** Deletes what has expired, then the oldest answers beyond the bounds; at most `limit`, and tells how many. */
  prune(nowMs: number, bounds: KeptBounds, limit: number): Promise<number>
}
