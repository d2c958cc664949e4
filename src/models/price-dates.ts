/** Of which day the prices are that ship with the gateway. */

/** The version of the price list that is installed; a test holds it to the package. */
export const priceListVersion = '0.1.8'

/** Days, UTC. */
export const priceDates = {
  /** When that version of the price list was published. */
  published: '2026-09-23',
  /** When the overlay was compared with the providers' pages. */
  overlay: '2026-11-27',
  /** When the listing was made. */
  listing: '2026-11-24',
} as const
