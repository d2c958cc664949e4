/** The quirks under which a provider's recorded answers are read: those of its row. */

import type { Patch } from '../../src/dialects/dialect.ts'
import { createProvider } from '../../src/providers/provider.ts'
import type { ProviderSpec } from '../../src/providers/spec.ts'
import { providerTable } from '../../src/providers/table.ts'

/** The recordings name some providers otherwise than the table. */
const rowNames: Readonly<Record<string, string>> = { 'alibaba-qwen': 'qwen' }

export interface RecordedQuirks {
  readonly response: Patch | undefined
  readonly event: Patch | undefined
}

/** None for a provider that has no row. */
export function recordedQuirks(provider: string): RecordedQuirks {
  const rows: Readonly<Record<string, ProviderSpec>> = providerTable
  const row = rows[rowNames[provider] ?? provider]
  if (!row) return { response: undefined, event: undefined }
  const { responsePatch, eventPatch } = createProvider(provider, row, { baseUrl: 'https://recorded.example' })
  return { response: responsePatch, event: eventPatch }
}
