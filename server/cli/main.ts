// The palier command, as a process.
// First: it may start this program again, with other flags.
import './serve-frugally.ts'
import { palier } from './program.ts'

process.exitCode = await palier(process.argv.slice(2), process.env)
