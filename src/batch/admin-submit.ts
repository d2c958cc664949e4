/** The administration routes that make a batch for a key: its file, what it would cost, the batch, and its results. */

import { z } from 'zod'
import { type AdminCall, type AdminRoute, adminRoute } from '../admin/route.ts'
import type { FormPart } from '../core/caller-route.ts'
import { GatewayError } from '../core/error.ts'
import { formatUsd } from '../core/money.ts'
import { batchShape, faultShape, toBatchView } from './admin.ts'
import type { Batch, Owner } from './batch.ts'
import type { Batches } from './batches.ts'
import type { Files } from './files.ts'
import type { BatchPlan } from './plan.ts'
import { readMaxUsd } from './read-wish.ts'

export interface SubmitAdminParts {
  readonly files: Pick<Files, 'receive'>
  readonly batches: Batches
  /**
   * Undefined where the caller's organisation has no such key, or it is not valid any more. Throws `permission_denied` for
   * one that may do more than the caller could give.
   */
  ownerOf(call: AdminCall, keyId: string): (Owner & { readonly keyName: string }) | undefined
  plan(content: AsyncIterable<Uint8Array>, wish: { keyId: string; endpoint: string }): Promise<BatchPlan>
  /** So far, or in their final order. */
  results(batch: Batch): AsyncIterable<Uint8Array>
}

const ofKey = z.strictObject({ key: z.string().describe('The id of the key on whose account it is.') })
const endpoint = z.string().describe('Such as `/v1/chat/completions`.')

export function submitAdminRoutes(parts: SubmitAdminParts): readonly AdminRoute[] {
  const { files, batches } = parts
  const ownerOf = (call: AdminCall, keyId: string) => {
    const owner = parts.ownerOf(call, keyId)
    if (owner) return owner
    throw new GatewayError('not_found', `There is no key \`${keyId}\`, or it is not valid any more.`)
  }
  return [
    adminRoute({
      method: 'POST',
      path: '/batch-files',
      policy: 'operations:write',
      summary: 'Takes in the input file of a batch: a form with `purpose: batch` and `file`.',
      query: ofKey,
      response: z.object({ id: z.string(), bytes: z.number() }),
      audit: { action: 'batch.upload', object: ({ query: { key } }) => `key:${key}` },
      async run(call) {
        const owner = ownerOf(call, call.query.key)
        const { id, bytes } = await files.receive(owner, call.form(), 0)
        return { body: { id, bytes } }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/batch-plan',
      policy: 'operations:write',
      summary: 'Reads an input file (a form with `file`), and tells what it would cost. Nothing is kept.',
      query: ofKey.extend({ endpoint }),
      response: planShape,
      audit: { action: 'batch.plan', object: ({ query: { key } }) => `key:${key}` },
      async run(call) {
        const { key, endpoint } = call.query
        const { keyId } = ownerOf(call, key)
        return { body: toPlanView(await parts.plan(fileOf(call.form()), { keyId, endpoint })) }
      },
    }),
    adminRoute({
      method: 'POST',
      path: '/batches',
      policy: 'operations:write',
      summary: 'Makes a batch of a file, on the account of a key.',
      body: z.strictObject({
        key: z.string(),
        input_file_id: z.string(),
        endpoint,
        completion_window: z.string().default('24h'),
        max_usd: z.string().optional(),
        native: z.boolean().default(false).describe("By providers' own batches, where they have them."),
        metadata: z.record(z.string(), z.string()).default({}),
      }),
      response: batchShape,
      audit: { action: 'batch.create', object: ({ body }) => `key:${body.key}` },
      async run(call) {
        const { key, input_file_id: inputFileId, completion_window, max_usd, native, ...rest } = call.body
        const maxNanoUsd = readMaxUsd(max_usd)
        const batch = await batches.create(ownerOf(call, key), {
          ...rest,
          dialect: 'openai',
          inputFileId,
          completionWindow: completion_window,
          isNative: native,
          ...(maxNanoUsd !== undefined && { maxNanoUsd }),
        })
        return { body: toBatchView(batch) }
      },
    }),
    adminRoute({
      method: 'GET',
      path: '/batches/{id}/results',
      policy: 'payloads:read',
      audit: { action: 'batch.read', object: ({ params: { id = '' } }) => `batch:${id}` },
      summary:
        'Its results, one line each: so far while it runs, in the order of its lines once it has ended.',
      async run({ org, params: { id = '' } }) {
        const batch = await batches.get({ org }, id)
        return { content: { contentType: 'application/x-ndjson', bytes: parts.results(batch) } }
      },
    }),
  ]
}

const planShape = z.object({
  lines: z.number(),
  faults: z.array(faultShape),
  prompt_usd: z.string().describe('The prompts alone, by an estimate of their tokens.'),
  at_most_usd: z.string(),
  unpriced: z.number().describe('Lines whose price is not known, which are not in the sums.'),
})

function toPlanView({ lines, faults, promptNanoUsd, mostNanoUsd, unpriced }: BatchPlan) {
  return {
    lines,
    faults,
    prompt_usd: formatUsd(promptNanoUsd),
    at_most_usd: formatUsd(mostNanoUsd),
    unpriced,
  }
}

async function* fileOf(form: AsyncIterable<FormPart>): AsyncGenerator<Uint8Array> {
  for await (const { name, content } of form) {
    // What is not read would hold up what follows.
    for await (const piece of content) if (name === 'file') yield piece
  }
}
