/** Builds what native batches ask of providers: their APIs for batches, with a credential of the configuration. */

import type { Batch } from '../batch/batch.ts'
import { readLines } from '../batch/json-lines.ts'
import type {
  JobRequest,
  JobTarget,
  NativeJob,
  ProviderBatches,
  Release,
  RemoteJob,
  RemoteResult,
  Submission,
} from '../batch/native/port.ts'
import type { ErrorCode } from '../core/error.ts'
import { parseBounded } from '../core/bounded-json.ts'
import { holding } from '../ledger/recovery.ts'
import type { Target } from '../providers/provider.ts'
import {
  type BatchApi,
  BatchApiError,
  type BatchWire,
  type RemoteBatch,
} from '../upstream/batch-api/batch-api.ts'
import { batchApis } from '../upstream/batch-api/registry.ts'
import { createBatchWire } from '../upstream/batch-api/wire.ts'
import type { Sender } from '../upstream/send.ts'
import { bookLine, spenderOf } from './native-booking.ts'
import type { NativeLineParts } from './native-call.ts'
import { prepareLine } from './native-lines.ts'

export interface NativeParts extends NativeLineParts {
  readonly sender: Sender
  readonly newRequestId: () => string
}

/** Of one line of results. */
const maxResultBytes = 64 * 1024 * 1024
/** A batch is made again after these; after any other refusal it would be refused again. */
const passing: ReadonlySet<ErrorCode> = new Set<ErrorCode>([
  'upstream_rate_limit',
  'upstream_overloaded',
  'upstream_unreachable',
  'upstream_timeout',
  'upstream_error',
])

export function createProviderBatches(parts: NativeParts): ProviderBatches {
  const open = (job: JobTarget): Remote => {
    const target = targetOf(job, parts)
    if (!target?.provider.spec.batchApi) throw new Error(`there is no provider ${job.provider} with batches`)
    return {
      target,
      api: batchApis[target.provider.spec.batchApi],
      wire: createBatchWire({ ...parts, target, newId: parts.newRequestId }),
    }
  }
  return {
    prepare: (batch, request) => prepareLine(batch, request, parts),
    bounds(job) {
      const kind = targetOf(job, parts)?.provider.spec.batchApi
      if (!kind) return undefined
      return { maxLines: batchApis[kind].maxRequests, maxBytes: batchApis[kind].maxBytes }
    },
    hold: (batch, job) => hold(batch, job, parts),
    create: (job, requests) => create(job, requests, open(job)),
    find(job) {
      const { api, wire } = open(job)
      const sinceMs = job.submittedAtMs ?? job.createdAtMs
      return api.find(wire, { mark: job.id, requests: job.lines, sinceMs })
    },
    async look(job) {
      const remote = open(job)
      try {
        return toRemoteJob(remote, await remote.api.look(remote.wire, job.remoteId ?? ''))
      } catch (cause) {
        if (cause instanceof BatchApiError && cause.status === 404) return undefined
        throw cause
      }
    },
    async cancel(job) {
      const { api, wire } = open(job)
      await api.cancel(wire, job.remoteId ?? '')
    },
    book: (batch, job, line) => bookLine({ batch, job, target: open(job).target, line }, parts),
  }
}

interface Remote {
  readonly target: Target
  readonly api: BatchApi
  readonly wire: BatchWire
}

async function hold(
  batch: Batch,
  { provider, model, credential, reservedNanoUsd }: NativeJob,
  { ledger, newRequestId, snapshot }: NativeParts,
): Promise<Release> {
  const principal = snapshot().keyring.principalOf(batch.keyId)
  const account = await ledger.open({
    spender: {
      // The mark-up is in what is held already.
      ...spenderOf(batch, principal, 0),
      requestId: newRequestId(),
      tags: [`batch:${batch.id}`],
      dialect: 'weir',
      operation: holding,
      stream: false,
    },
    attempt: 1,
    provider,
    model,
    credential,
    bounds: undefined,
    heldNanoUsd: reservedNanoUsd,
  })
  return () => account.settle({ phase: 'unsent' })
}

async function create(
  { id: mark, endpoint, model }: NativeJob,
  requests: readonly JobRequest[],
  { api, wire }: Remote,
): Promise<Submission> {
  try {
    const remoteId = await api.create(wire, { mark, endpoint, model, requests })
    if (remoteId !== '') return { is: 'created', remoteId }
    return { is: 'unsure', cause: new Error('the batch that was made has no id') }
  } catch (cause) {
    if (!(cause instanceof BatchApiError)) throw cause
    if (!cause.isDecided) return { is: 'unsure', cause }
    return { is: 'refused', isFinal: !passing.has(cause.error.code), cause }
  }
}

/** Undefined where the configuration has no such provider, or no such key, any more. */
function targetOf(
  job: Pick<NativeJob, 'provider' | 'model' | 'credential'>,
  { snapshot }: Pick<NativeParts, 'snapshot'>,
): Target | undefined {
  const provider = snapshot().table.providers.get(job.provider)
  const credential = provider?.credentials.find(({ alias }) => alias === job.credential)
  return provider && credential && { provider, model: job.model, credential, timeouts: provider.timeouts }
}

function toRemoteJob({ api, wire }: Remote, batch: RemoteBatch): RemoteJob {
  return {
    hasEnded: batch.state === 'ended',
    results: () => readResults(api, wire, batch),
    forget: () => api.forget(wire, batch),
    ...(batch.refusal !== undefined && { refusal: batch.refusal }),
  }
}

async function* readResults(
  api: BatchApi,
  wire: BatchWire,
  { results }: RemoteBatch,
): AsyncGenerator<readonly RemoteResult[]> {
  for (const part of results) {
    if (part.is === 'lines') {
      yield part.lines.flatMap((line) => api.readResult(line) ?? [])
      continue
    }
    for await (const lines of readLines(wire.download(part.path), maxResultBytes)) {
      yield lines.flatMap(({ text }) => api.readResult(parseBounded(text?.toString() ?? '') ?? null) ?? [])
    }
  }
}
