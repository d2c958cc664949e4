/** Keys that work by themselves: not while somebody types, not below a dialog or a menu, and letters not where they are switched off. */

import { useLocalStorage } from '@mantine/hooks'

const elsewhere = 'input, textarea, select, [contenteditable], [role=dialog], [role=menu], [role=listbox]'
const storageKey = 'weir-single-keys'

/** Whether letters and signs are keys, as this browser remembers it. */
export function useSingleKeys(): readonly [isOn: boolean, setOn: (is: boolean) => void] {
  const [isOn, setOn] = useLocalStorage({
    key: storageKey,
    defaultValue: true,
    getInitialValueInEffect: false,
  })
  return [isOn, setOn]
}

export function isSingleKey(event: KeyboardEvent): boolean {
  if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return false
  if (event.target instanceof Element && event.target.closest(elsewhere)) return false
  // Whoever speaks to the machine, or has an unsteady hand, types letters without meaning to.
  return event.key.length > 1 || localStorage.getItem(storageKey) !== 'false'
}

/** Gives the end. */
export function onSingleKey(acts: Readonly<Record<string, (event: KeyboardEvent) => void>>): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (isSingleKey(event)) acts[event.key]?.(event)
  }
  document.addEventListener('keydown', onKey)
  return () => document.removeEventListener('keydown', onKey)
}
