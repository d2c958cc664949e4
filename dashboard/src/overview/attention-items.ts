/** What waits for a person: open alerts, and whatever else is not as it should be and no alert tells of. The worst first. Pure. */

import { type AlertPlace, placeOfAlert } from '../api/alert-place.ts'
import type { Item } from '../api/client.ts'
import { standingOf } from '../api/provider-standing.ts'
import { severityTone } from '../api/severity.ts'
import { formatShare, formatUsd } from '../format/number.ts'

type Alert = Item<'GET /alerts'>
type Provider = Item<'GET /providers'>
type Budget = Item<'GET /budgets'>
type GoldenSet = Item<'GET /drift'>

export interface AttentionItem {
  readonly id: string
  readonly tone: 'bad' | 'warn' | 'info'
  readonly word: string
  readonly text: string
  readonly to: AlertPlace | '/alerts'
  /** Since when, where that is known. */
  readonly at?: string
}

interface Sources {
  readonly alerts: readonly Alert[]
  readonly providers: readonly Provider[]
  readonly budgets: readonly Budget[]
  readonly sets: readonly GoldenSet[]
}

const rank = { bad: 0, warn: 1, info: 2 } as const
/** From here on a cap is near. */
const nearShare = 0.8

export function attentionItems({ alerts, providers, budgets, sets }: Sources): AttentionItem[] {
  return [
    ...alerts.filter(({ acknowledged_at: seen }) => seen === undefined).map(ofAlert),
    ...providers.flatMap((provider) => ofProvider(provider, alerts)),
    ...budgets.flatMap((budget) => ofBudget(budget, alerts)),
    ...sets.flatMap((set) => ofSet(set, alerts)),
  ].toSorted((one, other) => rank[one.tone] - rank[other.tone])
}

function ofAlert({ id, kind, severity, summary, last_at: at }: Alert): AttentionItem {
  return {
    id: `alert ${id}`,
    tone: severityTone[severity],
    word: severity,
    text: summary,
    to: placeOfAlert(kind) ?? '/alerts',
    at,
  }
}

function ofProvider(provider: Provider, alerts: readonly Alert[]): AttentionItem[] {
  const { tone, word } = standingOf(provider)
  const isTold = alerts.some(
    ({ kind, subject }) =>
      (kind === 'provider-failures' || kind === 'credential-parked') && subject.startsWith(provider.name),
  )
  if (isTold || (tone !== 'bad' && tone !== 'warn')) return []
  return [
    { id: `provider ${provider.name}`, tone, word, text: `Provider ${provider.name}`, to: '/providers' },
  ]
}

function ofBudget(budget: Budget, alerts: readonly Alert[]): AttentionItem[] {
  const capUsd = Number(budget.usd)
  const told = new Set(
    alerts.flatMap(({ kind, detail }) =>
      kind === 'budget' && detail['budget'] === budget.id ? [detail['subject_id'], detail['subject']] : [],
    ),
  )
  return budget.states.flatMap((state): AttentionItem[] => {
    const usedUsd = Number(state.spent_usd) + Number(state.reserved_usd)
    const share = capUsd === 0 ? 1 : usedUsd / capUsd
    if (share <= nearShare || told.has(state.subject)) return []
    const whose = budget.scope === 'organisation' ? 'of everything' : `of ${budget.scope} ${state.subject}`
    return [
      {
        id: `budget ${budget.id} ${state.subject}`,
        tone: share >= 1 && budget.cap === 'hard' ? 'bad' : 'warn',
        word: `${formatShare(share)} used`,
        text: `Budget ${whose}: ${formatUsd(usedUsd)} of ${formatUsd(capUsd)}`,
        to: '/budgets',
      },
    ]
  })
}

function ofSet({ name, alarm }: GoldenSet, alerts: readonly Alert[]): AttentionItem[] {
  if (alarm?.state !== 'open') return []
  const isTold = alerts.some(({ kind, summary }) => kind === 'drift' && summary.includes(name))
  if (isTold) return []
  return [
    {
      id: `drift ${alarm.id}`,
      tone: 'bad',
      word: 'drift',
      text: alarm.title,
      to: '/drift',
      at: alarm.created_at,
    },
  ]
}
