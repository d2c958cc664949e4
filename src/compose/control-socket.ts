/** Where the control socket of a data directory is: whoever may open it administers the gateway. */

import { createHash } from 'node:crypto'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** Longer paths cannot be bound: `sun_path` holds 108 bytes on Linux and 104 on macOS. */
const maxSocketPathBytes = 100

/**
 * The socket lies in the directory, which only its owner may enter. Where that path is too long it lies beside
 * other temporary files, readable by its owner alone.
 */
export function controlSocketPath(dataDir: string): string {
  const path = join(dataDir, 'weir.sock')
  if (Buffer.byteLength(path) <= maxSocketPathBytes) return path
  const digest = createHash('sha256').update(dataDir).digest('hex').slice(0, 32)
  return join(tmpdir(), `weir-${digest}.sock`)
}
