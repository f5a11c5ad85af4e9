// The import directions of docs/architecture.md. test/unit/checks plants a violation of each rule and sees it caught.
const UPPER = ['gateway', 'stepup', 'signin', 'oidc', 'account', 'console', 'cli', 'sample']
const MIDDLE = ['metering', 'webauthn', 'people', 'sessions', 'policy', 'detection', 'notify', 'homeserver', 'audit']
const folders = (names) => `^server/(?:${names.join('|')})/`
const PORT = 'ports?[.]ts$'

module.exports = {
  forbidden: [
    {
      name: 'no-cycle',
      severity: 'error',
      from: {},
      to: { circular: true, viaOnly: { dependencyTypesNot: ['type-only'] } },
    },
    {
      name: 'only-entries-import-app',
      severity: 'error',
      from: { path: '^server/', pathNot: '^server/(?:(?:node|worker|app)\\.ts$|wiring/)' },
      to: { path: '^server/(?:node|worker|app)\\.ts$', dependencyTypesNot: ['dynamic-import'] },
    },
    // The command line puts features together, so it may import them; none imports it.
    ...UPPER.filter((name) => name !== 'cli').map((name) => ({
      name: `${name}-not-sideways`,
      severity: 'error',
      from: { path: `^server/${name}/` },
      to: { path: folders(UPPER.filter((other) => other !== name)), pathNot: PORT, dependencyTypesNot: ['type-only'] },
    })),
    {
      name: 'middle-not-upwards',
      severity: 'error',
      from: { path: folders(MIDDLE) },
      to: { path: folders(UPPER), pathNot: PORT, dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'ground-not-upwards',
      severity: 'error',
      from: { path: '^server/(?:errors|platform|config)/' },
      to: { path: folders([...UPPER, ...MIDDLE]), dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'stores-only-by-entries',
      severity: 'error',
      from: { path: '^server/', pathNot: '^server/(?:node|worker)\\.ts$|^server/cli/|^server/wiring' },
      to: { path: '^db/(?:stores|embedded)/' },
    },
    {
      name: 'client-imports-types-only',
      severity: 'error',
      from: { path: '^client/', pathNot: '^client/build\\.ts$' },
      to: { path: '^(?:server|db)/', dependencyTypesNot: ['type-only'] },
    },
    {
      name: 'one-crypto-file',
      severity: 'error',
      from: { path: '^server/', pathNot: '^server/(?:platform/crypto\\.ts|cli/|sample/|node\\.ts)' },
      to: { path: '^(?:node:)?crypto$' },
    },
    {
      name: 'runtime-free',
      severity: 'error',
      from: {
        path: '^server/',
        pathNot:
          '^server/(?:(?:node|worker)\\.ts|cli/|sample/|gateway/node/|wiring/(?:try-out|listen)\\.ts|platform/[a-z]+-node|platform/crypto\\.ts)',
      },
      to: { dependencyTypes: ['core'], pathNot: '^(?:node:)?(?:crypto|buffer)$' },
    },
    {
      name: 'one-simplewebauthn-file',
      severity: 'error',
      from: { path: '^server/', pathNot: '^server/webauthn/' },
      to: { path: 'node_modules/@simplewebauthn/server' },
    },
    {
      name: 'no-test-in-product',
      severity: 'error',
      from: { path: '^(?:server|db|client)/' },
      to: { path: '^(?:test|bench)/' },
    },
  ],
  options: {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    tsConfig: { fileName: 'tsconfig.json' },
    enhancedResolveOptions: { extensions: ['.ts', '.tsx', '.js', '.mjs', '.json'] },
  },
}
