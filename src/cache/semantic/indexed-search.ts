/** Looks for the nearest answered question in an index outside of this process, where more fit than a thread can scan. */

import type { QuestionIndex } from '../port.ts'
import { choose, maxNeighbours } from './choice.ts'
import type { SemanticSearch } from './search.ts'

export function createIndexedSearch(index: QuestionIndex, onFault: (cause: unknown) => void): SemanticSearch {
  return {
    add(question) {
      index.add(question).catch(onFault)
    },
    remove(partition, key) {
      index.remove(partition, key).catch(onFault)
    },
    forget: (org) => index.forget(org),
    async search({ partition, text, vector, threshold }) {
      const near = await index.nearest(partition, vector, maxNeighbours)
      return choose(
        text,
        near.filter(({ similarity }) => similarity >= threshold),
      )
    },
    close: async () => undefined,
  }
}
