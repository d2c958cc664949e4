/** `weir import`: another gateway's configuration as ours, and what of it is not carried. */

import { readFile } from 'node:fs/promises'
import { basename, extname } from 'node:path'
import type { Command } from 'commander'
import { parse, stringify } from 'yaml'
import type { Imported } from '../config/import/draft.ts'
import { importLitellm } from '../config/import/litellm.ts'
import { importPortkey } from '../config/import/portkey.ts'
import type { Json } from '../core/json.ts'
import { providerTable } from '../providers/table.ts'
import type { Output } from './output.ts'

/** Adds the verb. Exit code 0 where the file could be read, whatever is not carried. */
export function addImport(program: Command, output: Output): void {
  const verb = program
    .command('import')
    .description("convert another gateway's configuration: YAML on stdout, what is not carried on stderr")
  verb
    .command('litellm')
    .description("the configuration of LiteLLM's proxy (YAML)")
    .argument('<file>')
    .action(async (file: string) => {
      print(importLitellm(await read(file), providerTable), output)
    })
  verb
    .command('portkey')
    .description('a gateway configuration of Portkey (JSON); its route is named after the file')
    .argument('<file>')
    .action(async (file: string) => {
      print(importPortkey(await read(file), basename(file, extname(file)), providerTable), output)
    })
}

/** JSON is YAML. The parser's own words may quote a secret, and are not repeated. */
async function read(file: string): Promise<Json> {
  const text = await readFile(file, 'utf8')
  try {
    return parse(text, { maxAliasCount: 100 }) as Json
  } catch {
    throw new Error(`${file} is neither YAML nor JSON`)
  }
}

function print({ config, notCarried }: Imported, output: Output): void {
  output.print(stringify(config).trimEnd())
  for (const line of notCarried) output.note(line)
}
