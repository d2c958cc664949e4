/** The models: what may be asked, what can it do, and at what price? */

import { Button, NativeSelect } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { getRouteApi, Link } from '@tanstack/react-router'
import { type ReactNode, useState } from 'react'
import { modelsQuery } from '../api/shared-queries.ts'
import { formatCount } from '../format/number.ts'
import { AddressField } from '../ui/address-field.tsx'
import { useAnnounced } from '../ui/announcer.tsx'
import { visible } from '../format/visible.ts'
import type { Column } from '../ui/data-table.tsx'
import { Empty } from '../ui/empty.tsx'
import { Page } from '../ui/page.tsx'
import { TablePanel } from '../ui/table-panel.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import {
  type Ability,
  abilities,
  abilityNames,
  isWanted,
  type Model,
  priceDateText,
  priceText,
} from './model-filter.ts'

const route = getRouteApi('/models')

/** More rows than this are not drawn at once. */
const shownAtOnce = 200

const columns: readonly Column<Model>[] = [
  {
    title: 'Model',
    text: ({ id }) => id,
    cell: ({ id }) => (
      <Link to="/playground" search={{ target: id }}>
        <UntrustedText text={id} />
      </Link>
    ),
  },
  { title: 'Input', isNumber: true, cell: ({ pricing }) => priceText(pricing?.input) },
  { title: 'Cached', isNumber: true, cell: ({ pricing }) => priceText(pricing?.cache_read) },
  { title: 'Output', isNumber: true, cell: ({ pricing }) => priceText(pricing?.output) },
  {
    title: 'Price date',
    narrow: 'none',
    text: (model) => priceDateText(model),
    cell: (model) => <span className="one-word">{priceDateText(model)}</span>,
  },
  {
    title: 'Window',
    isNumber: true,
    cell: ({ context_window: tokens }) => (tokens === undefined ? '-' : formatCount(tokens)),
  },
  {
    title: 'Longest answer',
    isNumber: true,
    cell: ({ max_output_tokens: tokens }) => (tokens === undefined ? '-' : formatCount(tokens)),
  },
  {
    title: 'Can',
    narrow: 'line',
    cell: (model) =>
      abilities
        .filter((ability) => isWanted(model, { ability }))
        .map((ability) => abilityNames[ability])
        .join(', '),
  },
  {
    title: 'Ends',
    text: ({ retires_at: day = '', successor }) =>
      successor === undefined ? day : `${day}, then ${successor}`,
    cell: ({ retires_at: day, successor }) =>
      day === undefined ? (
        '-'
      ) : (
        <span>
          <span className="one-word">{day}</span>
          {successor !== undefined && (
            <>
              , then <span className="one-word">{visible(successor)}</span>
            </>
          )}
        </span>
      ),
  },
]

export function ModelsPage(): ReactNode {
  const { q = '', provider = '', can } = route.useSearch()
  const navigate = route.useNavigate()
  const [isWhole, setWhole] = useState(false)
  const models = useQuery(modelsQuery)
  const set = (change: { q?: string; provider?: string; can?: Ability | undefined }) => {
    const next = { q, provider, can, ...change }
    return navigate({
      replace: true,
      search: {
        ...(next.q !== '' && { q: next.q }),
        ...(next.provider !== '' && { provider: next.provider }),
        ...(next.can !== undefined && { can: next.can }),
      },
    })
  }
  const found = models.data?.data.filter((model) => isWanted(model, { q, provider, ability: can })) ?? []
  const shownText =
    models.data &&
    `${found.length.toLocaleString('en-US')} of ${models.data.data.length.toLocaleString('en-US')}`
  useAnnounced(shownText)
  const providers = [...new Set(models.data?.data.map((model) => model.provider))]
  return (
    <Page title="Models" name="Models">
      <div className="row">
        <AddressField label="Name" value={q} write={(text) => set({ q: text })} />
        <NativeSelect
          size="xs"
          aria-label="Provider"
          data={[
            { value: '', label: 'All providers' },
            ...providers.map((name) => ({ value: name, label: name })),
          ]}
          value={provider}
          onChange={(event) => void set({ provider: event.currentTarget.value })}
        />
        <NativeSelect
          size="xs"
          aria-label="Ability"
          data={[
            { value: '', label: 'Any ability' },
            ...abilities.map((ability) => ({ value: ability, label: abilityNames[ability] })),
          ]}
          value={can ?? ''}
          onChange={(event) =>
            void set({ can: abilities.find((ability) => ability === event.currentTarget.value) })
          }
        />
        <span className="dim">{shownText}</span>
      </div>
      <TablePanel
        title="Models, USD per million tokens"
        query={models}
        what="the models"
        columns={columns}
        idOf={({ id }) => id}
        pick={() => (isWhole ? found : found.slice(0, shownAtOnce))}
        fileName="models"
        empty={
          models.data?.data.length === 0 ? (
            <Empty title="The catalogue has no model of the configured providers." />
          ) : (
            <Empty title="Nothing matches these filters.">
              <Button variant="default" onClick={() => void set({ q: '', provider: '', can: undefined })}>
                Clear filters
              </Button>
            </Empty>
          )
        }
      />
      {found.length > shownAtOnce && !isWhole && (
        <div className="row">
          <Button variant="default" onClick={() => setWhole(true)}>
            Show all {found.length.toLocaleString('en-US')}
          </Button>
        </div>
      )}
    </Page>
  )
}
