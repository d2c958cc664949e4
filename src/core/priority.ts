/** Who goes first where there is not room for all. */

/** From the most to the least urgent. */
export const priorities = ['interactive', 'default', 'batch', 'probe'] as const

export type Priority = (typeof priorities)[number]
