// Sets the colour scheme before anything is drawn. A file of its own, because the page allows no inline script.
;(() => {
  let chosen = 'auto'
  try {
    chosen = localStorage.getItem('weir-color-scheme') ?? 'auto'
  } catch {
    // Storage is forbidden here: the system's scheme it is.
  }
  const isDark =
    chosen === 'dark' || (chosen !== 'light' && matchMedia('(prefers-color-scheme: dark)').matches)
  document.documentElement.setAttribute('data-mantine-color-scheme', isDark ? 'dark' : 'light')
})()
