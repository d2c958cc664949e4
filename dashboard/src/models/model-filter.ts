/** What models are narrowed by, and how their prices are told. Pure. */

import type { Item } from '../api/client.ts'

export type Model = Item<'GET /models'>

export const abilities = ['tools', 'structured_output', 'reasoning', 'citations', 'image', 'audio'] as const

export type Ability = (typeof abilities)[number]

export const abilityNames: Readonly<Record<Ability, string>> = {
  tools: 'tools',
  structured_output: 'structured output',
  reasoning: 'reasoning',
  citations: 'citations',
  image: 'images in',
  audio: 'audio in',
}

export function readAbility(value: unknown): Ability | undefined {
  return abilities.find((ability) => ability === value)
}

interface Wanted {
  /** Part of the name. */
  readonly q?: string
  readonly provider?: string
  readonly ability?: Ability | undefined
}

export function isWanted(model: Model, { q = '', provider = '', ability }: Wanted): boolean {
  if (provider !== '' && model.provider !== provider) return false
  if (!model.id.toLowerCase().includes(q.trim().toLowerCase())) return false
  if (ability === undefined) return true
  if (ability === 'image' || ability === 'audio') return model.input_modalities?.includes(ability) === true
  return model.capabilities?.[ability] === true
}

/** USD per million tokens as they are listed: no digits are added or lost. */
export function priceText(usd: string | undefined): string {
  if (usd === undefined) return '-'
  const [whole = '0', part = ''] = usd.split('.')
  return `$${whole}.${part.padEnd(2, '0')}`
}

/** How old the price is that is told: the day on which it was known to be right. */
export function priceDateText({ pricing, price_date: day }: Model): string {
  if (!pricing) return '-'
  return day ?? 'set here'
}
