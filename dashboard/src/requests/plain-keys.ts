/** Single keys of a page: not while somebody types, and not below a dialog or a menu. */

const elsewhere = 'input, textarea, select, [contenteditable], [role=dialog], [role=menu], [role=listbox]'

/** Gives the end. */
export function onPlainKey(acts: Readonly<Record<string, () => void>>): () => void {
  const onKey = (event: KeyboardEvent) => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return
    if (event.target instanceof Element && event.target.closest(elsewhere)) return
    acts[event.key]?.()
  }
  document.addEventListener('keydown', onKey)
  return () => document.removeEventListener('keydown', onKey)
}
