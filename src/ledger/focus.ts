/**
 * Lines of the ledger as rows of FOCUS, the FinOps Open Cost and Usage Specification, version 1.2
 * (https://focus.finops.org/focus-specification/v1-2): one row for each attempt that was made, and for each correction.
 */

import { type LedgerLine } from './admin.ts'

/** Those that every row must have, in the order of their names; then our own, which begin with `x_`. */
export const focusColumns = [
  ...(['BilledCost', 'BillingAccountId', 'BillingAccountName', 'BillingCurrency'] as const),
  ...(['BillingPeriodEnd', 'BillingPeriodStart', 'ChargeCategory', 'ChargeClass'] as const),
  ...(['ChargeDescription', 'ChargeFrequency', 'ChargePeriodEnd', 'ChargePeriodStart'] as const),
  ...(['ConsumedQuantity', 'ConsumedUnit', 'ContractedCost', 'EffectiveCost', 'InvoiceIssuerName'] as const),
  ...(['ListCost', 'PricingQuantity', 'PricingUnit', 'ProviderName', 'PublisherName'] as const),
  ...(['ResourceId', 'ResourceName', 'ResourceType', 'ServiceCategory', 'ServiceName'] as const),
  ...(['ServiceSubcategory', 'SkuId', 'SkuPriceId', 'SubAccountId', 'SubAccountName', 'Tags'] as const),
  ...(['x_ChargedCost', 'x_RequestId', 'x_Attempt', 'x_Operation', 'x_Route', 'x_UserId'] as const),
  ...(['x_SessionId', 'x_InputTokens', 'x_CacheReadTokens', 'x_OutputTokens', 'x_IsEstimate'] as const),
] as const

export type FocusRow = Readonly<Record<(typeof focusColumns)[number], string | number>>

/** Undefined for lines that are no charge: attempts that were never sent, and answers of the cache. An empty text is null. */
export function toFocusRow(line: LedgerLine): FocusRow | undefined {
  if (line.kind === 'void' || line.kind === 'cached') return undefined
  const isUsage = line.kind === 'settle'
  const tokens = line.input_tokens + line.output_tokens
  const { start, end } = chargePeriod(line)
  const cost = line.provider_cost_usd
  return {
    BilledCost: cost,
    BillingAccountId: `${line.provider}/${line.credential}`,
    BillingAccountName: line.provider,
    BillingCurrency: 'USD',
    BillingPeriodEnd: monthOf(start, 1),
    BillingPeriodStart: monthOf(start, 0),
    ChargeCategory: isUsage ? 'Usage' : 'Adjustment',
    ChargeClass: isUsage ? '' : 'Correction',
    ChargeDescription: `${line.operation} by ${line.model} of ${line.provider}`,
    ChargeFrequency: isUsage ? 'Usage-Based' : 'One-Time',
    ChargePeriodEnd: end,
    ChargePeriodStart: start,
    ConsumedQuantity: isUsage ? tokens : '',
    ConsumedUnit: isUsage ? 'Tokens' : '',
    ContractedCost: cost,
    EffectiveCost: cost,
    InvoiceIssuerName: line.provider,
    ListCost: cost,
    PricingQuantity: isUsage ? tokens : '',
    PricingUnit: isUsage ? 'Tokens' : '',
    ProviderName: line.provider,
    PublisherName: line.provider,
    ResourceId: `${line.provider}/${line.model}`,
    ResourceName: line.reported_model ?? line.model,
    ResourceType: 'Model',
    ServiceCategory: 'AI and Machine Learning',
    ServiceName: line.provider,
    ServiceSubcategory: 'Generative AI',
    SkuId: isUsage ? line.model : '',
    SkuPriceId: isUsage ? line.price_version : '',
    SubAccountId: line.team ?? line.key_id,
    SubAccountName: line.team ?? line.key_name,
    // A tag here has no value: the specification then asks for `true`.
    Tags: JSON.stringify(Object.fromEntries(line.tags.map((tag) => [tag, true]))),
    x_ChargedCost: line.charged_usd,
    x_RequestId: line.request_id,
    x_Attempt: line.attempt,
    x_Operation: line.operation,
    x_Route: line.route ?? '',
    x_UserId: line.user ?? '',
    x_SessionId: line.session ?? '',
    x_InputTokens: line.input_tokens,
    x_CacheReadTokens: line.cache_read_tokens ?? '',
    x_OutputTokens: line.output_tokens,
    x_IsEstimate: String(line.flags.includes('estimate')),
  }
}

/** Whole seconds; the end is exclusive, and after the start. */
function chargePeriod({ started_at: started, settled_at: settled }: LedgerLine): {
  start: string
  end: string
} {
  const startMs = Math.floor(Date.parse(started) / 1000) * 1000
  const endMs = Math.max(startMs + 1000, Math.ceil(Date.parse(settled) / 1000) * 1000)
  return { start: second(startMs), end: second(endMs) }
}

function monthOf(time: string, later: number): string {
  const at = new Date(time)
  return second(Date.UTC(at.getUTCFullYear(), at.getUTCMonth() + later))
}

function second(atMs: number): string {
  return `${new Date(atMs).toISOString().slice(0, 19)}Z`
}
