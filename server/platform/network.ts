// The network a request came from, coarse enough to survive a changing address: IPv4 /24, IPv6 /48.
import ipaddr from 'ipaddr.js'

/** The network of an address, such as `192.0.2.0/24`, or `unknown` when it is not an address. */
export function networkOf(address: string): string {
  if (!ipaddr.isValid(address)) return 'unknown'
  const parsed = ipaddr.process(address)
  if (parsed.kind() === 'ipv4') {
    const [a, b, c] = parsed.toByteArray()
    return `${a}.${b}.${c}.0/24`
  }
  const parts = (parsed as ipaddr.IPv6).parts.slice(0, 3).map((part) => part.toString(16))
  return `${parts.join(':')}::/48`
}

/**
 * The client's address: the peer's, or, when the peer is a trusted proxy, the right-most address of `X-Forwarded-For`
 * that is not itself a trusted proxy.
 */
export function clientAddress(
  peer: string,
  forwardedFor: string | undefined,
  trustedProxies: readonly string[],
): string {
  let address = normalise(peer)
  const chain = (forwardedFor ?? '')
    .split(',')
    .map((part) => part.trim())
    .filter(Boolean)
  while (chain.length > 0 && within(address, trustedProxies)) {
    const next = chain.pop() as string
    if (!ipaddr.isValid(next)) break
    address = normalise(next)
  }
  return address
}

function normalise(address: string): string {
  return ipaddr.isValid(address) ? ipaddr.process(address).toString() : address
}

/** Whether an address lies in one of the ranges (CIDR, or single addresses). */
export function within(address: string, ranges: readonly string[]): boolean {
  if (!ipaddr.isValid(address)) return false
  const parsed = ipaddr.process(address)
  return ranges.some((range) => {
    const [base, bits] = ipaddr.parseCIDR(range.includes('/') ? range : `${range}/${range.includes(':') ? 128 : 32}`)
    return parsed.kind() === base.kind() && parsed.match(base, bits)
  })
}
