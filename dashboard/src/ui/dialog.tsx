/** A dialog over the page. When it closes, whatever opened it has the focus again. */

import { Modal, type ModalProps } from '@mantine/core'
import { type ReactNode, useEffect, useState } from 'react'

/** Marks what opened the dialog that is shown: a dialog that takes its place goes back there too. */
const mark = 'data-opener'

export function Dialog(props: Omit<ModalProps, 'opened'>): ReactNode {
  const [openers] = useState(openersNow)
  useEffect(() => {
    const opener = openers[0]
    opener?.setAttribute(mark, '')
    return () => {
      opener?.removeAttribute(mark)
      // What was opened from a row that has gone since leaves the focus to the page.
      const next = openers.find((one) => one.isConnected) ?? document.querySelector<HTMLElement>('h1')
      next?.focus({ preventScroll: true })
    }
  }, [openers])
  return <Modal opened closeButtonProps={{ 'aria-label': 'Close' }} {...props} />
}

/** The likelier first. */
function openersNow(): readonly HTMLElement[] {
  const active = document.activeElement
  // A menu is gone by the time that the dialog closes; what opened it stays.
  const menuButton = active?.closest('[role=menu]')?.getAttribute('aria-labelledby')
  const found = [
    typeof menuButton === 'string' ? document.getElementById(menuButton) : active,
    document.querySelector(`[${mark}]`),
  ]
  return found.filter((one) => one instanceof HTMLElement && one !== document.body) as HTMLElement[]
}
