/** Moves among the rows of a page by its links: `j` down, `k` up; Enter then opens as on any link. */

const rows = 'main tbody tr, main .requests-body [role=row]'

export function moveAmongRows(step: 1 | -1): void {
  const links = [...document.querySelectorAll(rows)].flatMap(
    (row) => row.querySelector<HTMLAnchorElement>('a[href]') ?? [],
  )
  const now = links.findIndex((link) => link === document.activeElement)
  const next = links[now < 0 ? 0 : now + step]
  next?.focus()
  next?.scrollIntoView({ block: 'nearest' })
}

/** To where the range of the page is picked. */
export function focusRange(): void {
  document.querySelector<HTMLInputElement>('[role=radiogroup][aria-label=Range] input:checked')?.focus()
}
