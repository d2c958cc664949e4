/** Finds links in Markdown files that point to a local file or heading which does not exist. */

import { existsSync, readFileSync } from 'node:fs'
import { dirname, join, relative, resolve } from 'node:path'

/** Markdown without fenced and inline code, where brackets and hashes mean nothing; lines keep their numbers. */
function prose(text: string): string {
  const blank = (code: string): string => code.replace(/[^\n]/g, '')
  return text.replace(/^(```|~~~)[\s\S]*?^\1/gm, blank).replace(/`[^`\n]*`/g, '')
}

/** The anchor that a heading gets on GitHub. */
function anchorOf(heading: string): string {
  return heading
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .toLowerCase()
    .replace(/[^\p{L}\p{N}\s_-]/gu, '')
    .trim()
    .replace(/\s/g, '-')
}

function anchorsIn(file: string): Set<string> {
  const headings = readFileSync(file, 'utf8').matchAll(/^#{1,6}\s+(.+)$/gm)
  return new Set([...headings].map((match) => anchorOf(match[1] ?? '')))
}

/** Lists the dead links of one Markdown file under `root` as `file:line: fault` lines. */
export function deadLinksIn(root: string, file: string): string[] {
  const lines = prose(readFileSync(join(root, file), 'utf8')).split('\n')
  return lines.flatMap((line, index) =>
    [...line.matchAll(/\]\(<?([^)\s>]+)>?[^)]*\)/g)].flatMap((match) => {
      const link = match[1] ?? ''
      if (/^[a-z][a-z0-9+.-]*:/i.test(link)) return []
      const [path = '', anchor] = decodeURIComponent(link).split('#')
      const target = path === '' ? join(root, file) : resolve(dirname(join(root, file)), path)
      const where = `${file}:${index + 1}`
      if (relative(root, target).startsWith('..')) return [`${where}: ${link} leads out of the repository`]
      if (!existsSync(target)) return [`${where}: ${link} does not exist`]
      if (anchor === undefined || !target.endsWith('.md')) return []
      return anchorsIn(target).has(anchor) ? [] : [`${where}: ${link} names no heading`]
    }),
  )
}
