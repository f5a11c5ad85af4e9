// Says what it was started with.
const { argv, execArgv, env } = process
process.stdout.write(JSON.stringify({ argv: argv.slice(2), execArgv, env }))
