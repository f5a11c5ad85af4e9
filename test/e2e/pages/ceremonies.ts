// What the server asks of a key, as the pages' stand-in for it says it.
const challenge = 'A'.repeat(43)
export const requestOptions = {
  challenge,
  rpId: 'localhost',
  allowCredentials: [],
  userVerification: 'required',
  timeout: 60_000,
}
export const creationOptions = {
  challenge,
  rp: { id: 'localhost', name: 'Palier' },
  user: { id: 'cGVyXzE', name: 'camille', displayName: 'Camille' },
  pubKeyCredParams: [{ type: 'public-key', alg: -7 }],
  authenticatorSelection: { residentKey: 'required', userVerification: 'required' },
  excludeCredentials: [],
}
