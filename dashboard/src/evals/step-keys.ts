/** `[` and `]` lead to the thing before and after, but not while somebody types. */

import { useEffect, useRef } from 'react'

interface Steps {
  back(): void
  on(): void
}

export function useStepKeys(steps: Steps): void {
  const now = useRef(steps)
  useEffect(() => {
    now.current = steps
  })
  useEffect(() => {
    const onKey = ({ key, target, ctrlKey, metaKey, altKey }: KeyboardEvent) => {
      const isTyping =
        target instanceof Element && target.closest('input, textarea, select, [role=dialog]') !== null
      if (isTyping || ctrlKey || metaKey || altKey) return
      if (key === '[') now.current.back()
      if (key === ']') now.current.on()
    }
    document.addEventListener('keydown', onKey)
    return () => document.removeEventListener('keydown', onKey)
  }, [])
}
