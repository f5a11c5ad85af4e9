// `npm run docs`: writes the pages of docs/reference that are made from the code.
import { writeFileSync } from 'node:fs'
import { configurationReference } from '../server/config/reference.ts'
import { apiDocument, apiReference } from '../server/console/api-reference.ts'
import { rolesReference } from '../server/console/roles-reference.ts'
import { treatmentMarkdown } from '../server/gateway/treatment.ts'
import { policyReference } from '../server/policy/reference.ts'

writeFileSync(new URL('./reference/configuration.md', import.meta.url), configurationReference())
writeFileSync(new URL('./reference/treatment.md', import.meta.url), treatmentMarkdown())
writeFileSync(new URL('./reference/policy.md', import.meta.url), policyReference())
writeFileSync(new URL('./reference/roles.md', import.meta.url), rolesReference())
writeFileSync(new URL('./reference/console-api.md', import.meta.url), apiReference())
writeFileSync(new URL('./reference/console-api.json', import.meta.url), apiDocument())
