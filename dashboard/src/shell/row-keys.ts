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

/** Opens what the range of the page is picked by. */
export function openRange(): void {
  document.querySelector<HTMLElement>('.range-menu')?.click()
}
