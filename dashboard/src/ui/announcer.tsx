/** The one polite live region: what happens without being asked for is read out there; each part tells its newest text. */

import { createContext, type ReactNode, use, useEffect, useId, useState } from 'react'

type Texts = ReadonlyMap<string, string>
type Tell = (change: (now: Texts) => Texts) => void

const AnnouncerContext = createContext<Tell>(() => undefined)

export function Announcer({ children }: { readonly children: ReactNode }): ReactNode {
  const [texts, setTexts] = useState<Texts>(new Map())
  return (
    <AnnouncerContext value={setTexts}>
      {children}
      {/* Not atomic: what one part tells is not read again because another tells something. */}
      <div className="only-read" role="status" aria-atomic="false">
        {[...texts].map(([teller, text]) => (
          <p key={teller}>{text}</p>
        ))}
      </div>
    </AnnouncerContext>
  )
}

/** Reads the text out whenever it changes; undefined says nothing. */
export function useAnnounced(text: string | undefined): void {
  const tell = use(AnnouncerContext)
  const teller = useId()
  useEffect(() => {
    if (text === undefined) return undefined
    tell((now) => new Map(now).set(teller, text))
    return () => tell((now) => new Map([...now].filter(([other]) => other !== teller)))
  }, [tell, teller, text])
}
