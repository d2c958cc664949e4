/** Copies the way to what is seen: as it will be then, or as it is at this moment. */

import { ActionIcon, Menu } from '@mantine/core'
import { useLocation, useRouter } from '@tanstack/react-router'
import { type ReactNode, useCallback, useState } from 'react'
import { fixedSpan, isLive, spanSearch } from '../ranges.ts'
import { useAnnounced } from '../ui/announcer.tsx'
import { Icon } from '../ui/icon.tsx'
import { usePageRange, useSpan } from '../use-span.ts'

/** What to say of the last copy; the address it was made at. */
interface Told {
  readonly href: string
  readonly text: string
}

export interface LinkCopier {
  readonly told: string | undefined
  copy(href: string): void
}

export function useLinkCopier(): LinkCopier {
  const { href: now } = useLocation()
  const [told, setTold] = useState<Told>()
  const copy = useCallback(
    (href: string) => {
      const say = (text: string) => setTold({ href: now, text })
      // A page that came by plain HTTP from another machine has no clipboard.
      const written = navigator.clipboard?.writeText(href) ?? Promise.reject(new Error('no clipboard'))
      void written.then(
        () => say('Link copied'),
        () => say('The link could not be copied'),
      )
    },
    [now],
  )
  return { told: told?.href === now ? told.text : undefined, copy }
}

export function CopyLink({ told, copy }: LinkCopier): ReactNode {
  useAnnounced(told)
  const hasRange = usePageRange() !== undefined
  const { span } = useSpan()
  const router = useRouter()
  const copyMoment = () => {
    const search = (before: object) => ({ ...before, ...spanSearch(fixedSpan(span, Date.now())) })
    const { href } = router.buildLocation({ to: '.', search: search as never })
    copy(new URL(href, location.origin).href)
  }
  return (
    <>
      <Menu position="bottom-end">
        <Menu.Target>
          <ActionIcon variant="default" size={32} aria-label="Copy link">
            <Icon name={told === undefined ? 'link' : 'done'} />
          </ActionIcon>
        </Menu.Target>
        <Menu.Dropdown>
          <Menu.Label>Copy link</Menu.Label>
          <Menu.Item onClick={() => copy(location.href)}>This view{hasRange && ' (relative)'}</Menu.Item>
          {hasRange && isLive(span) && <Menu.Item onClick={copyMoment}>This moment (absolute)</Menu.Item>}
        </Menu.Dropdown>
      </Menu>
    </>
  )
}
