/** Says what has just been done, for as long as one press takes it back. */

import { Button, CloseButton } from '@mantine/core'
import { useMutation } from '@tanstack/react-query'
import { type ReactNode, useCallback, useEffect, useRef, useState } from 'react'
import { type Done, UndoContext } from '../api/undo.ts'
import { useAnnounced } from './announcer.tsx'
import { UntrustedText } from './untrusted-text.tsx'
import './undo-place.css'

const shownMs = 6_000

interface Offer {
  readonly id: number
  readonly done: Done
}

export function UndoPlace({ children }: { readonly children: ReactNode }): ReactNode {
  const [offer, setOffer] = useState<Offer>()
  const made = useRef(0)
  const make = useCallback((done: Done) => setOffer({ id: ++made.current, done }), [])
  // One that is being taken back ends when it is: by then another may stand in its place.
  const end = useCallback((id: number) => setOffer((now) => (now?.id === id ? undefined : now)), [])
  return (
    <UndoContext value={make}>
      {children}
      {offer && <Undo key={offer.id} {...offer} onEnd={end} />}
    </UndoContext>
  )
}

interface UndoProps extends Offer {
  onEnd(id: number): void
}

function Undo({ id, done: { text, undo }, onEnd }: UndoProps): ReactNode {
  useAnnounced(`${text} It can be taken back.`)
  const [isHeld, setHeld] = useState(false)
  const end = useCallback(() => onEnd(id), [onEnd, id])
  const { isPending, error, mutate } = useMutation({ mutationFn: undo, onSuccess: end })
  const isWaiting = isHeld || isPending || error !== null
  useEffect(() => {
    if (isWaiting) return undefined
    const timer = window.setTimeout(end, shownMs)
    return () => window.clearTimeout(timer)
  }, [isWaiting, end])
  return (
    <section
      className="undo"
      aria-label="Just done"
      onPointerEnter={() => setHeld(true)}
      onPointerLeave={() => setHeld(false)}
      onFocus={() => setHeld(true)}
      onBlur={() => setHeld(false)}
    >
      <UntrustedText text={text} />
      {error && <span role="alert">{error.message}</span>}
      <Button variant="default" loading={isPending} onClick={() => mutate()}>
        Undo
      </Button>
      <CloseButton size="sm" aria-label="Close" onClick={end} />
    </section>
  )
}
