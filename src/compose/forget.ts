/** Forgetting a user: what each part deletes, in one administrative act that says what it did and what stays. */

import { createHash } from 'node:crypto'
import { setImmediate } from 'node:timers/promises'
import { z } from 'zod'
import { type AdminRoute, adminRoute } from '../admin/route.ts'
import { type Batch, isOpen, singleDialects } from '../batch/batch.ts'
import type { Batches } from '../batch/batches.ts'
import { isDeferredFor } from '../batch/deferred.ts'
import type { Files } from '../batch/files.ts'
import type { BatchQuery } from '../batch/port.ts'
import type { AnswerStore } from '../cache/port.ts'
import type { SemanticCache } from '../cache/semantic/semantic.ts'
import { GatewayError } from '../core/error.ts'
import type { Whose } from '../core/whose.ts'
import type { Experiments } from '../experiments/experiments.ts'
import type { FeedbackStore } from '../feedback/port.ts'
import type { ClaimStore } from '../idempotency/port.ts'
import type { Payloads } from '../payloads/payloads.ts'
import type { RecordStore } from '../records/port.ts'
import { hashUnit } from '../routing/experiment.ts'
import type { StoredResponseStore } from '../stored/port.ts'

export interface ForgetParts {
  /** The ids of the keys that are this user's. */
  keysOf(org: string, user: string): readonly string[]
  /** What stands for a key's id where this user comes with a token. */
  tokenKeysOf(org: string, user: string): readonly string[]
  readonly payloads: Pick<Payloads, 'forget'>
  readonly records: Pick<RecordStore, 'requestsOf' | 'forget'>
  /** Writes the records that wait: they are to be forgotten too. */
  readonly flushRecords: () => Promise<void>
  readonly responses: Pick<StoredResponseStore, 'forget'>
  readonly claims: Pick<ClaimStore, 'forget'>
  readonly answers: Pick<AnswerStore, 'purge'>
  readonly semantic: Pick<SemanticCache, 'forget'>
  readonly feedback: Pick<FeedbackStore, 'forget'>
  readonly experiments: Pick<Experiments, 'forget'>
  readonly files: Pick<Files, 'list' | 'delete'>
  readonly batches: Pick<Batches, 'list' | 'cancel' | 'delete'>
}

const count = z.int()

const reply = z.object({
  keys: count.describe("The user's own: all that belongs to them goes too. The keys themselves stay."),
  payloads: count,
  records: count.describe('Of this instance, without user, session, address and messages from now on.'),
  responses: count.describe('Kept with `store: true`.'),
  repeatable_answers: count.describe('Kept for an `idempotency-key`.'),
  feedback: count.describe(
    "On the user's requests, and by their keys; what experiments counted stays counted.",
  ),
  experiment_units: count.describe('Places of the user, and of their sessions, in experiments that run.'),
  batches: count.describe("Of the user's own keys, and deferred requests that named the user."),
  files: count,
  open_batches: count.describe(
    'Being cancelled: they and their files go when this is called again after their end.',
  ),
  cache_entries: count.describe(
    "All of the organisation's: kept answers do not say who asked. The questions of the semantic cache go with them.",
  ),
  stays: z.array(z.string()),
})

/** What is not deleted, in words for whoever has to answer for it. */
export const stays = [
  'the ledger: what each call cost, with its user and session, for as long as accounts are kept',
  'the audit: who did what, where the user is named; this act by a fingerprint of the name',
  'backups: they hold what they held; delete those that are older, or call this again after a restore',
  'requests that are under way: call this when they are over',
  'records of other instances, what hangs on them, and questions in their memory: call it on each',
  'files and batches of several lines that came with a key of others and name the user in a line',
  'what came with a key for browsers that was made for the user, where the request did not name them',
  'what was made from traffic: data sets, golden sets, evaluations, alerts',
] as const

export function forgetRoutes(parts: ForgetParts): readonly AdminRoute[] {
  return [
    adminRoute({
      method: 'POST',
      path: '/forget',
      policy: 'payloads:delete',
      summary:
        'Deletes what is kept of what a user asked and was answered, and takes the user out of records.',
      body: z.strictObject({
        user: z.string().min(1).max(512).describe('As requests named it, or as the store knows it.'),
      }),
      response: reply,
      audit: {
        action: 'user.forget',
        // The audit cannot forget: it is not told the name.
        object: ({ body }) => `user:${fingerprint(body.user)}`,
        after: ({ body }) => ({ user: fingerprint(body.user) }),
      },
      run: async ({ org, body: { user } }) => ({
        body: await forget(org, user, parts),
      }),
    }),
  ]
}

async function forget(org: string, user: string, parts: ForgetParts): Promise<z.output<typeof reply>> {
  const keys = parts.keysOf(org, user)
  const keyIds = [...keys, ...parts.tokenKeysOf(org, user)]
  const whose: Whose = { user, keyIds }
  const payloads = await parts.payloads.forget(org, whose)
  const { requestIds, sessions } = await findRecords(org, whose, parts)
  const responses = await parts.responses.forget(org, whose)
  const repeatable = await parts.claims.forget(org, { requestIds, keyIds })
  const feedback = await parts.feedback.forget(org, { requestIds, keyIds })
  const units = await parts.experiments.forget(org, [user, ...keyIds, ...sessions], hashUnit)
  const deferred = (batch: Batch) => isDeferredFor(batch, user)
  let [batches, open, files] = [0, 0, 0]
  for (const dialect of singleDialects) {
    const of = await forgetBatches({ org, dialect }, deferred, parts)
    batches += of.deleted
    open += of.open
  }
  for (const keyId of keyIds) {
    const of = await forgetBatches({ org, keyId }, () => true, parts)
    batches += of.deleted
    open += of.open
    files += await forgetFiles(org, keyId, parts)
  }
  await parts.semantic.forget(org)
  const entries = await parts.answers.purge(org, {})
  // The last of all: without them, a next try would not find what hangs on them.
  await forgetRecords(org, requestIds, parts)
  return {
    keys: keys.length,
    payloads,
    records: requestIds.length,
    responses,
    repeatable_answers: repeatable,
    feedback,
    experiment_units: units,
    batches,
    files,
    open_batches: open,
    cache_entries: entries,
    stays: [...stays],
  }
}

/** The user's requests, and their sessions. */
async function findRecords(
  org: string,
  whose: Whose,
  { records, flushRecords }: ForgetParts,
): Promise<{ requestIds: string[]; sessions: Set<string> }> {
  await flushRecords()
  const requestIds: string[] = []
  const sessions = new Set<string>()
  for (let after: number | undefined = 0; after !== undefined;) {
    const step = records.requestsOf(org, whose, after)
    for (const id of step.ids) requestIds.push(id)
    for (const session of step.sessions) sessions.add(session)
    after = step.next
    await setImmediate()
  }
  return { requestIds, sessions }
}

/** Some milliseconds of the event loop. */
const recordsPerStep = 100

async function forgetRecords(
  org: string,
  requestIds: readonly string[],
  { records }: ForgetParts,
): Promise<void> {
  for (let at = 0; at < requestIds.length; at += recordsPerStep) {
    records.forget(org, requestIds.slice(at, at + recordsPerStep))
    await setImmediate()
  }
}

const perPage = 100

async function forgetBatches(
  of: Pick<BatchQuery, 'org' | 'keyId' | 'dialect'>,
  isMeant: (batch: Batch) => boolean,
  { batches }: ForgetParts,
): Promise<{ deleted: number; open: number }> {
  const all: Batch[] = []
  for (let after: string | undefined = ''; after !== undefined;) {
    const page = await batches.list({ ...of, limit: perPage, ...(after !== '' && { after }) })
    all.push(...page.filter(isMeant))
    after = page.length === perPage ? page.at(-1)?.id : undefined
  }
  let open = 0
  for (const { id, org, keyId, status } of all) {
    if (isOpen(status)) {
      open++
      await batches.cancel({ org, keyId }, id).catch(ignoreConflict)
    } else await batches.delete({ org, keyId }, id)
  }
  return { deleted: all.length - open, open }
}

async function forgetFiles(org: string, keyId: string, { files }: ForgetParts): Promise<number> {
  let deleted = 0
  for (let after: string | undefined = ''; after !== undefined;) {
    const page = await files.list({
      org,
      keyId,
      order: 'asc',
      limit: perPage,
      ...(after !== '' && { after }),
    })
    for (const { id } of page) {
      // One that a batch still needs goes with it.
      if (await files.delete({ org, keyId }, id).then(isDone, ignoreConflict)) deleted++
    }
    after = page.length === perPage ? page.at(-1)?.id : undefined
  }
  return deleted
}

const isDone = () => true

function ignoreConflict(error: unknown): undefined {
  if (!(error instanceof GatewayError && (error.code === 'conflict' || error.code === 'not_found')))
    throw error
}

function fingerprint(user: string): string {
  return createHash('sha256').update(user).digest('hex').slice(0, 12)
}
