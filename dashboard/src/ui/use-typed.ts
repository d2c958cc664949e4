/** A text that stands in the address: what is typed is there at once, and the address follows a moment later. */

import { useRef, useState } from 'react'

/**
 * `write` puts the text into the address, and resolves when the page shows that. Without a text of its own a field would be
 * set back to what the address held before, and of what is typed fast letters would be lost.
 */
export function useTyped(
  value: string,
  write: (text: string) => Promise<unknown>,
): readonly [text: string, type: (text: string) => void] {
  const [typed, setTyped] = useState<string>()
  const turn = useRef(0)
  const type = (text: string) => {
    const own = ++turn.current
    setTyped(text)
    void write(text).finally(() => {
      if (own === turn.current) setTyped(undefined)
    })
  }
  return [typed ?? value, type]
}
