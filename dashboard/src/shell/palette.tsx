/** The palette: to any page, key, team, user, route, model or request by a few letters. */

import { TextInput } from '@mantine/core'
import { useQuery } from '@tanstack/react-query'
import { type LinkProps, useNavigate } from '@tanstack/react-router'
import { type KeyboardEvent, type ReactNode, useId, useState } from 'react'
import { keysQuery, teamsQuery, usersQuery } from '../api/owners.ts'
import { useTargets } from '../api/targets.ts'
import type { Operation } from '../api/client.ts'
import { isLetIn, meQuery } from '../session/me.ts'
import { Dialog } from '../ui/dialog.tsx'
import { UntrustedText } from '../ui/untrusted-text.tsx'
import { bestMatches, type Choice } from './palette-match.ts'
import { places } from './places.ts'
import './palette.css'

interface Destination extends Choice {
  readonly link: Pick<LinkProps, 'to' | 'params' | 'search'>
}

/** What a person may begin from anywhere. */
const verbs: readonly {
  readonly label: string
  readonly call: Operation
  readonly link: Destination['link']
}[] = [
  { label: 'Create key', call: 'POST /keys', link: { to: '/keys', search: { create: 'new' } } },
  { label: 'Create team', call: 'POST /teams', link: { to: '/teams', search: { create: 'new' } } },
  { label: 'Create user', call: 'POST /users', link: { to: '/users', search: { create: 'new' } } },
  { label: 'Create budget', call: 'POST /budgets', link: { to: '/budgets', search: { create: 'new' } } },
]

const shown = 10

export function Palette({ onClose }: { readonly onClose: () => void }): ReactNode {
  const navigate = useNavigate()
  const all = useDestinations()
  const [text, setText] = useState('')
  const [picked, setPicked] = useState(0)
  const list = useId()
  const found = destinationsOf(all, text)
  const go = (destination: Destination | undefined) => {
    if (!destination) return
    onClose()
    void navigate(destination.link)
  }
  const onKeyDown = (event: KeyboardEvent) => {
    const step = event.key === 'ArrowDown' ? 1 : event.key === 'ArrowUp' ? -1 : 0
    if (step !== 0) {
      event.preventDefault()
      setPicked((found.length + picked + step) % Math.max(1, found.length))
    }
    if (event.key === 'Enter') go(found[picked])
  }
  return (
    <Dialog onClose={onClose} withCloseButton={false} centered={false} aria-label="Go to">
      <TextInput
        data-autofocus
        role="combobox"
        aria-label="Go to"
        aria-expanded="true"
        aria-controls={list}
        aria-activedescendant={found.length > 0 ? `${list}-${picked}` : undefined}
        placeholder="A page, a name, or a request id"
        value={text}
        onChange={(event) => {
          setText(event.currentTarget.value)
          setPicked(0)
        }}
        onKeyDown={onKeyDown}
      />
      <div id={list} className="palette" role="listbox" aria-label="Places">
        {found.map((destination, index) => (
          <div
            key={`${destination.kind} ${destination.id}`}
            id={`${list}-${index}`}
            role="option"
            aria-selected={index === picked}
            onPointerMove={() => setPicked(index)}
            onClick={() => go(destination)}
          >
            <UntrustedText text={destination.label} />
            <span className="dim">{destination.kind}</span>
          </div>
        ))}
      </div>
      {found.length === 0 && <p className="dim">Nothing of that name.</p>}
    </Dialog>
  )
}

/** An id of a request, as the gateway makes them. */
const requestId = /^req_[0-9A-Za-z]{8,}$/

function destinationsOf(all: readonly Destination[], text: string): readonly Destination[] {
  const typed = text.trim()
  if (requestId.test(typed)) {
    return [
      {
        id: typed,
        kind: 'request',
        label: typed,
        link: { to: '/requests/$id', params: { id: typed } },
      },
    ]
  }
  return bestMatches(all, typed, shown)
}

function useDestinations(): Destination[] {
  const may = useQuery(meQuery).data?.may ?? []
  const keys = useQuery(keysQuery).data?.data ?? []
  const teams = useQuery(teamsQuery).data?.data ?? []
  const users = useQuery(usersQuery).data?.data ?? []
  const targets = useTargets()
  return [
    ...places
      .filter(({ reads }) => isLetIn(reads, may))
      .map(({ to, label }): Destination => ({ id: to, kind: 'page', label, link: { to } })),
    ...verbs
      .filter(({ call }) => isLetIn(call, may))
      .map(({ label, link }): Destination => ({ id: label, kind: 'do', label, link })),
    ...keys.map(({ id, name }): Destination => ({
      id,
      kind: 'key',
      label: name,
      link: { to: '/keys/$id', params: { id } },
    })),
    ...teams.map(({ id, name }): Destination => ({
      id,
      kind: 'team',
      label: name,
      link: { to: '/teams/$id', params: { id } },
    })),
    ...users.map(({ id, name }): Destination => ({
      id,
      kind: 'user',
      label: name,
      link: { to: '/users/$id', params: { id } },
    })),
    ...targets.map((target): Destination => {
      const isRoute = !target.includes('/')
      return {
        id: target,
        kind: isRoute ? 'route' : 'model',
        label: target,
        link: isRoute
          ? { to: '/routes/$name', params: { name: target } }
          : { to: '/playground', search: { target } },
      }
    }),
  ]
}
