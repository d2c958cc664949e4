/** The one polite live region: what happens without being asked for is read out there, the newest text alone. */

import { createContext, type ReactNode, use, useEffect, useState } from 'react'

type Tell = (change: (now: string) => string) => void

const AnnouncerContext = createContext<Tell>(() => undefined)

export function Announcer({ children }: { readonly children: ReactNode }): ReactNode {
  const [text, setText] = useState('')
  return (
    <AnnouncerContext value={setText}>
      {children}
      <div className="only-read" role="status">
        {text}
      </div>
    </AnnouncerContext>
  )
}

/** Reads the text out whenever it changes; undefined says nothing. */
export function useAnnounced(text: string | undefined): void {
  const tell = use(AnnouncerContext)
  useEffect(() => {
    if (text === undefined) return undefined
    tell(() => text)
    return () => tell((now) => (now === text ? '' : now))
  }, [tell, text])
}
