/** Which targets of the configuration's routes have no known price: hard caps refuse their calls. */

import type { Config } from '../config/load.ts'
import { createCatalogue, loadCatalogueData } from '../models/catalogue.ts'

/** As `provider/model`, in the order of the routes. None where unknown costs are allowed. */
export async function unpricedTargets({ routes, providers, models, ledger }: Config): Promise<string[]> {
  if (ledger.unknownCost === 'allow') return []
  const types = Object.fromEntries(Object.entries(providers).map(([name, { type }]) => [name, type]))
  const targets = Object.values(routes)
    .flatMap((route) => [
      ...route.targets,
      ...(route.experiment?.arms ?? []).flatMap((arm) => arm.targets ?? []),
    ])
    .map((each) => (typeof each === 'string' ? each : each.target))
    .filter((target) => !Object.hasOwn(routes, target))
  if (targets.length === 0) return []
  const catalogue = createCatalogue(await loadCatalogueData(), { settings: models, types })
  return [...new Set(targets)].filter((target) => {
    const slash = target.indexOf('/')
    return catalogue.lookup(target.slice(0, slash), target.slice(slash + 1))?.price === undefined
  })
}
