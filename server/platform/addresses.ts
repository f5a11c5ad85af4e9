// What an address is, for whoever is about to connect to one that somebody else's name resolved to.
import ipaddr from 'ipaddr.js'

/** `public`; `inside`: this machine or a private network; `never`: nothing to connect to (link-local, multicast, translated …). */
export type AddressKind = 'public' | 'inside' | 'never'

const INSIDE = new Set(['private', 'loopback', 'uniqueLocal', 'carrierGradeNat'])

/** The kind of an IPv4 or IPv6 address; one that maps an IPv4 address is what that is. `never` when it is not an address. */
export function addressKind(address: string): AddressKind {
  if (!ipaddr.isValid(address)) return 'never'
  const range = ipaddr.process(address).range()
  if (range === 'unicast') return 'public'
  // Link-local is never inside: 169.254.169.254 hands out a machine's credentials in most clouds.
  return INSIDE.has(range) ? 'inside' : 'never'
}
