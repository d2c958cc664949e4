/** Batches and their lines as rows, and back. */

import type { Batch, BatchDelivery, Claim, LineFault, LineState, StopReason } from '../../batch/port.ts'
import type { BatchChange, BatchDialect, BatchStatus } from '../../batch/port.ts'

export interface BatchRow {
  readonly id: string
  readonly org: string
  readonly key_id: string
  readonly key_name: string
  readonly dialect: string
  readonly endpoint: string
  readonly input_file_id: string
  readonly folder: string
  readonly status: string
  readonly is_paused: number
  readonly is_native: number
  readonly stop: string | null
  readonly completion_window: string
  readonly metadata: string
  readonly total: number
  readonly completed: number
  readonly failed: number
  readonly cost_nano_usd: number
  readonly held_nano_usd: number
  readonly input_tokens: number
  readonly cache_read_tokens: number
  readonly output_tokens: number
  readonly reasoning_tokens: number
  readonly max_nano_usd: number | null
  readonly faults: string
  readonly output_file_id: string | null
  readonly error_file_id: string | null
  readonly output_ttl_seconds: number | null
  readonly created_at_ms: number
  readonly expires_at_ms: number
  readonly started_at_ms: number | null
  readonly finalizing_at_ms: number | null
  readonly cancelling_at_ms: number | null
  readonly ended_at_ms: number | null
  readonly leader: string | null
  readonly led_until_ms: number
}

export interface LineRow {
  readonly org: string
  readonly batch_id: string
  readonly line: number
  readonly at_byte: number
  readonly bytes: number
  readonly state: number
  readonly due_at_ms: number
  readonly holder: string | null
  readonly tries: number
  readonly crashes: number
  readonly held_nano_usd: number
  readonly result_part: string | null
  readonly result_at_byte: number | null
  readonly result_bytes: number | null
}

export interface JobRow {
  readonly id: string
  readonly org: string
  readonly batch_id: string
  readonly provider: string
  readonly model: string
  readonly credential: string
  readonly endpoint: string
  readonly state: string
  readonly remote_id: string | null
  readonly lines: number
  readonly reserved_nano_usd: number
  readonly markup_basis_points: number | null
  readonly tries: number
  readonly is_cancelled: number
  readonly created_at_ms: number
  readonly submitted_at_ms: number | null
  readonly due_at_ms: number
}

export interface DeliveryRow {
  readonly id: string
  readonly org: string
  readonly batch_id: string
  readonly receiver: string
  readonly attempts: number
  readonly created_at_ms: number
  readonly due_at_ms: number
}

/** Values of `state`. */
export const lineStates = { open: 0, answered: 1, failed: 2 } as const

/** A line that nobody has had. */
export const noLine = {
  state: lineStates.open,
  due_at_ms: 0,
  holder: null,
  tries: 0,
  crashes: 0,
  held_nano_usd: 0,
  result_part: null,
  result_at_byte: null,
  result_bytes: null,
}

export function toBatchRow(batch: Batch): BatchRow {
  return {
    id: batch.id,
    org: batch.org,
    key_id: batch.keyId,
    key_name: batch.keyName,
    dialect: batch.dialect,
    endpoint: batch.endpoint,
    input_file_id: batch.inputFileId,
    folder: batch.folder,
    completion_window: batch.completionWindow,
    metadata: JSON.stringify(batch.metadata),
    completed: batch.completed,
    failed: batch.failed,
    cost_nano_usd: batch.costNanoUsd,
    held_nano_usd: batch.heldNanoUsd,
    input_tokens: batch.usage.inputTokens,
    cache_read_tokens: batch.usage.cacheReadTokens,
    output_tokens: batch.usage.outputTokens,
    reasoning_tokens: batch.usage.reasoningTokens,
    max_nano_usd: batch.maxNanoUsd ?? null,
    output_ttl_seconds: batch.outputTtlSeconds ?? null,
    created_at_ms: batch.createdAtMs,
    expires_at_ms: batch.expiresAtMs,
    leader: null,
    led_until_ms: 0,
    status: batch.status,
    is_paused: Number(batch.isPaused),
    is_native: Number(batch.isNative),
    stop: batch.stop ?? null,
    total: batch.total,
    faults: JSON.stringify(batch.faults),
    output_file_id: batch.outputFileId ?? null,
    error_file_id: batch.errorFileId ?? null,
    started_at_ms: batch.startedAtMs ?? null,
    finalizing_at_ms: batch.finalizingAtMs ?? null,
    cancelling_at_ms: batch.cancellingAtMs ?? null,
    ended_at_ms: batch.endedAtMs ?? null,
  }
}

const columnOf: { readonly [Name in keyof BatchChange]-?: keyof BatchRow } = {
  status: 'status',
  isPaused: 'is_paused',
  stop: 'stop',
  total: 'total',
  faults: 'faults',
  outputFileId: 'output_file_id',
  errorFileId: 'error_file_id',
  startedAtMs: 'started_at_ms',
  finalizingAtMs: 'finalizing_at_ms',
  cancellingAtMs: 'cancelling_at_ms',
  endedAtMs: 'ended_at_ms',
}

/** Only the columns of what changes. */
export function toChangedColumns(change: BatchChange): Partial<BatchRow> {
  const columns: Record<string, unknown> = {}
  for (const [name, value] of Object.entries(change)) {
    const plain = typeof value === 'boolean' ? Number(value) : value
    columns[columnOf[name as keyof BatchChange]] = typeof plain === 'object' ? JSON.stringify(plain) : plain
  }
  return columns
}

export function toBatch(row: BatchRow): Batch {
  return {
    id: row.id,
    org: row.org,
    keyId: row.key_id,
    keyName: row.key_name,
    dialect: row.dialect as BatchDialect,
    endpoint: row.endpoint,
    inputFileId: row.input_file_id,
    folder: row.folder,
    status: row.status as BatchStatus,
    isPaused: row.is_paused === 1,
    isNative: row.is_native === 1,
    completionWindow: row.completion_window,
    metadata: JSON.parse(row.metadata) as Record<string, string>,
    total: row.total,
    completed: row.completed,
    failed: row.failed,
    costNanoUsd: row.cost_nano_usd,
    heldNanoUsd: row.held_nano_usd,
    usage: {
      inputTokens: row.input_tokens,
      cacheReadTokens: row.cache_read_tokens,
      outputTokens: row.output_tokens,
      reasoningTokens: row.reasoning_tokens,
    },
    faults: JSON.parse(row.faults) as LineFault[],
    createdAtMs: row.created_at_ms,
    expiresAtMs: row.expires_at_ms,
    ...(row.stop !== null && { stop: row.stop as StopReason }),
    ...(row.max_nano_usd !== null && { maxNanoUsd: row.max_nano_usd }),
    ...(row.output_file_id !== null && { outputFileId: row.output_file_id }),
    ...(row.error_file_id !== null && { errorFileId: row.error_file_id }),
    ...(row.output_ttl_seconds !== null && { outputTtlSeconds: row.output_ttl_seconds }),
    ...(row.started_at_ms !== null && { startedAtMs: row.started_at_ms }),
    ...(row.finalizing_at_ms !== null && { finalizingAtMs: row.finalizing_at_ms }),
    ...(row.cancelling_at_ms !== null && { cancellingAtMs: row.cancelling_at_ms }),
    ...(row.ended_at_ms !== null && { endedAtMs: row.ended_at_ms }),
  }
}

export function toClaim({ line, at_byte: offset, bytes, tries, crashes }: LineRow): Claim {
  return { line, offset, bytes, tries, crashes }
}

export function toLineState(row: LineRow): LineState {
  const { line, at_byte: offset, bytes, state, result_part: part } = row
  const isError = state === lineStates.failed
  return {
    line,
    offset,
    bytes,
    ...(part !== null && {
      result: { part, isError, offset: row.result_at_byte!, bytes: row.result_bytes! },
    }),
  }
}

export function toDeliveryRow({ id, org }: BatchRow, receiver: string, nowMs: number): DeliveryRow {
  return {
    id: `${id}.${receiver}`,
    org,
    batch_id: id,
    receiver,
    attempts: 0,
    created_at_ms: nowMs,
    due_at_ms: nowMs,
  }
}

export function toDelivery(row: DeliveryRow): BatchDelivery {
  const { id, org, batch_id: batchId, receiver, attempts, created_at_ms: createdAtMs } = row
  return { id, org, batchId, receiver, attempts, createdAtMs }
}
