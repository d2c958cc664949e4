/** Lines of the ledger that no intent precedes, as rows. */

import type { SQLInputValue } from 'node:sqlite'
import type { DirectEntry } from '../../ledger/port.ts'
import { type EntryRow, settledColumns, sharedColumns } from './ledger-migrations.ts'

/** In the order in which a row is bound. */
export const directColumns = [...sharedColumns, ...settledColumns, 'saved_nano_usd'] as const

export function toDirectRow(entry: DirectEntry): SQLInputValue[] {
  const { usage } = entry
  const row: Omit<EntryRow, 'seq'> = {
    org: entry.org,
    request_id: entry.requestId,
    attempt: entry.attempt,
    at_ms: entry.atMs,
    operation: entry.operation,
    dialect: entry.dialect,
    stream: entry.stream ? 1 : 0,
    route: entry.route ?? null,
    provider: entry.provider,
    model: entry.model,
    credential: entry.credential,
    key_id: entry.keyId,
    key_name: entry.keyName,
    team: entry.team ?? null,
    user: entry.user ?? null,
    session: entry.session ?? null,
    tags: entry.tags.length === 0 ? null : JSON.stringify(entry.tags),
    reserved_nano_usd: entry.reservedNanoUsd,
    price_version: entry.priceVersion,
    markup_basis_points: entry.markupBasisPoints ?? 0,
    prompt_bytes: entry.promptBytes ? JSON.stringify(entry.promptBytes) : null,
    kind: entry.kind,
    settled_at_ms: entry.settledAtMs,
    usage_source: entry.usageSource,
    flags: entry.flags,
    input_tokens: usage.inputTokens,
    output_tokens: usage.outputTokens,
    cache_read_tokens: usage.cacheReadTokens ?? null,
    cache_write_tokens: usage.cacheWriteTokens ?? null,
    cache_write_1h_tokens: usage.cacheWrite1hTokens ?? null,
    reasoning_tokens: usage.reasoningTokens ?? null,
    more_usage: null,
    provider_cost_nano_usd: entry.providerCostNanoUsd,
    charged_nano_usd: entry.chargedNanoUsd,
    reported_model: entry.reportedModel ?? null,
    tier: entry.tier ?? null,
    status: entry.status ?? null,
    code: entry.code ?? null,
    provider_request_id: entry.providerRequestId ?? null,
    saved_nano_usd: entry.savedNanoUsd ?? 0,
  }
  return directColumns.map((column) => row[column])
}
