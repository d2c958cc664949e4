/** How the dashboard is built: one page, a chunk per route, and compressed copies beside each file. */

import { promises as files } from 'node:fs'
import { resolve } from 'node:path'
import { promisify } from 'node:util'
import { brotliCompress, gzip } from 'node:zlib'
import react from '@vitejs/plugin-react'
import { defineConfig, type Plugin } from 'vite'

const outDir = resolve(import.meta.dirname, 'dist')

/** The gateway sends these as they are: nothing is compressed while it serves. */
function compressedCopies(): Plugin {
  return {
    name: 'compressed-copies',
    apply: 'build',
    async closeBundle() {
      const names = await files.readdir(outDir, { recursive: true })
      await Promise.all(names.filter((name) => /\.(js|css|svg)$/.test(name)).map(compress))
    },
  }
}

async function compress(name: string): Promise<void> {
  const path = resolve(outDir, name)
  const plain = await files.readFile(path)
  if (plain.length < 1024) return
  await Promise.all([
    files.writeFile(`${path}.br`, await promisify(brotliCompress)(plain)),
    files.writeFile(`${path}.gz`, await promisify(gzip)(plain, { level: 9 })),
  ])
}

export default defineConfig({
  root: import.meta.dirname,
  plugins: [react(), compressedCopies()],
  html: { cspNonce: '__NONCE__' },
  build: {
    outDir,
    emptyOutDir: true,
    target: 'es2023',
    // Its script would be inline.
    modulePreload: { polyfill: false },
    assetsInlineLimit: 0,
  },
  server: {
    proxy: Object.fromEntries(['/admin', '/v1', '/sign-in'].map((path) => [path, 'http://127.0.0.1:4000'])),
  },
})
